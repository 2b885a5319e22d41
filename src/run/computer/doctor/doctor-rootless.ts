import { isThere, mayUse } from '../../../sys/files/files.ts';
import { hasProgram } from '../../../sys/programs/exec.ts';
import type { Check } from './doctor.ts';

const NO_USERS =
  'without it, machines resolve no names: install uidmap, and let /etc/subuid and /etc/subgid set 65536 aside for you';
const TUN = '/dev/net/tun';
const KVM = '/dev/kvm';
const NO_KVM = `you may not use ${KVM}, so your machines are slow: be in its group (as root: usermod -aG kvm USER), and log on anew`;

/** What an ordinary user’s own service needs (`lazaretd --rootless`), asked by that user. `works` tries a command. */
export async function checkRootless(
  works: (program: string, args: readonly string[]) => Promise<boolean>,
): Promise<Check[]> {
  const inOwn = ['--user', '--map-root-user', '--net'];
  return [
    { what: 'program pasta (rootless)', ok: hasProgram('pasta'), remedy: 'install the package passt' },
    {
      what: `${TUN} open to you (rootless)`,
      ok: mayUse(TUN),
      remedy: `as root: modprobe tun; chmod 666 ${TUN}, or let a group of yours have it`,
    },
    {
      what: `${KVM} open to you (rootless)`,
      ok: true,
      remedy: '',
      // Why there is none, another check says.
      ...((await isThere(KVM)) && !mayUse(KVM) ? { note: NO_KVM } : {}),
    },
    {
      what: 'namespaces of your own (rootless)',
      ok: await works('unshare', [...inOwn, 'true']),
      remedy:
        'let users make user namespaces (sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)',
    },
    {
      what: 'packet filter in them (rootless)',
      ok: await works('unshare', [...inOwn, 'nft', 'list', 'tables']),
      remedy: 'run on a kernel with nf_tables',
    },
    {
      what: 'users of their own for machines (rootless)',
      ok: true,
      remedy: '',
      ...((await works('unshare', ['--user', '--map-root-user', '--map-auto', 'true'])) ? {} : { note: NO_USERS }),
    },
  ];
}
