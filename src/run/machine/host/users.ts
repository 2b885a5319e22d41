import { groupOf, hasOwnUsers } from '../../../sys/programs/users.ts';

/** Far above any account, below 2^31: two users for each machine, one for QEMU, one for its DHCP and DNS helper. */
const FIRST_UID = 1_900_000_000;
/** The same in a user namespace of 65,536 users, which is what a computer sets aside for an ordinary one. */
const FIRST_OF_FEW = 10_000;
const MACHINES = 16_384;

/** The unprivileged users of a machine, or undefined where this process can become nobody else (a user namespace of one). */
export function machineUsers(number: number): { qemu: number; dns: number; kvmGroups: readonly number[] } | undefined {
  const first = firstUser();
  if (first === undefined) return undefined;
  const qemu = first + 2 * number;
  const kvm = groupOf('/dev/kvm');
  return { qemu, dns: qemu + 1, kvmGroups: kvm === undefined ? [] : [kvm] };
}

/** The user that a machine’s plug-ins run as, or undefined where there can be none. */
export function pluginUser(number: number): number | undefined {
  const first = firstUser();
  return first === undefined ? undefined : first + 2 * MACHINES + number;
}

/** The first of three users for each machine: two of its own, and behind those of all machines one for its plug-ins. */
function firstUser(): number | undefined {
  return [FIRST_UID, FIRST_OF_FEW].find((first) => hasOwnUsers(first + 3 * MACHINES - 1));
}
