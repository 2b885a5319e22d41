import { groupOf, hasOwnUsers } from '../sys/users.ts';

/** Far above any account, below 2^31: two users for each machine, one for QEMU, one for its DHCP and DNS helper. */
const FIRST_UID = 1_900_000_000;
/** Behind those of all machines: one for each machine’s plug-ins. */
const FIRST_PLUGIN_UID = FIRST_UID + 2 * 16_384;

/** The unprivileged users of a machine, or undefined where this process can become nobody else (a user namespace of one). */
export function machineUsers(number: number): { qemu: number; dns: number; kvmGroups: readonly number[] } | undefined {
  const qemu = FIRST_UID + 2 * number;
  if (!hasOwnUsers(qemu + 1)) return undefined;
  const kvm = groupOf('/dev/kvm');
  return { qemu, dns: qemu + 1, kvmGroups: kvm === undefined ? [] : [kvm] };
}

/** The user that a machine’s plug-ins run as, or undefined where there can be none. */
export function pluginUser(number: number): number | undefined {
  const uid = FIRST_PLUGIN_UID + number;
  return hasOwnUsers(uid) ? uid : undefined;
}
