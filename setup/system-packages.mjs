import { aptGet, ask, isRoot, updateLists } from './apt.mjs';
import { SetupError, say } from './say.mjs';

/** Debian and Ubuntu call them the same. */
export const PACKAGES = [
  // The Node that npm brings does not start without it.
  'libatomic1',
  ...['qemu-system-x86', 'qemu-utils', 'ovmf', 'swtpm'],
  ...['nftables', 'netbase', 'iproute2', 'dnsmasq-base', 'util-linux', 'passt', 'uidmap', 'bubblewrap', 'python3'],
  ...['busybox-static', 'cpio', 'e2fsprogs', 'lz4', 'xz-utils', 'procps', 'xorriso', 'zstd'],
];

/** Installs the programs that machines, networks and tests need, unless they are there. @throws SetupError */
export function installSystemPackages(names = PACKAGES) {
  const missing = missingPackages(names);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (!isRoot())
    throw new SetupError(`some programs are missing. Install them, and start again:\n\n  sudo ${command}\n`);
  say(`system packages: ${missing.join(' ')}`);
  updateLists();
  aptGet(command.split(' ').slice(1));
}

/** Those of some packages that are not installed. @throws SetupError */
export function missingPackages(names) {
  const known = ask('dpkg-query', ['-W', '-f', `\${Package} \${db:Status-Status}\n`, ...names]).split('\n');
  return names.filter((name) => !known.includes(`${name} installed`));
}
