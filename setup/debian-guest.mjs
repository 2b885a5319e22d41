import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './apt.mjs';
import { SetupError, say } from './say.mjs';
import { installSystemPackages } from './system-packages.mjs';

/** What makes the guest, and what makes a disk of it that starts. */
export const PROGRAMS = ['mmdebstrap', 'fdisk', 'dosfstools', 'mtools', 'syslinux', 'syslinux-common'];
/** What the guest has beside the smallest Debian there is: an init, devices, a network, names, and a way to fetch. */
const CONTENTS = ['systemd-sysv', 'udev', 'dbus', 'systemd-resolved', 'iproute2', 'wget'];
export const LEFT_OUT = ['doc', 'man', 'info', 'locale', 'i18n', 'zoneinfo'];
/** Where this computer’s own distribution comes from; the guest is of the same. */
const SOURCES = [
  '/etc/apt/sources.list',
  ...['debian', 'ubuntu'].map((name) => `/etc/apt/sources.list.d/${name}.sources`),
];

/** With what sets up images of Debian and Ubuntu for clouds. */
const CLOUD_CONTENTS = ['systemd-sysv', 'udev', 'dbus', 'systemd-resolved', 'iproute2', 'cloud-init'];

/** Fetches the Debian that tests run as a guest: its packages, unpacked and set up, as one archive. */
export function fetchDebianGuest(root) {
  fetchRoot(join(root, '.cache', 'debian'), 'the Debian guest', CONTENTS);
}

/** The same with cloud-init, as images for clouds have it. */
export function fetchCloudGuest(root) {
  fetchRoot(join(root, '.cache', 'cloud'), 'the Debian guest with cloud-init', CLOUD_CONTENTS);
}

function fetchRoot(folder, what, contents) {
  const archive = join(folder, 'root.tar');
  if (existsSync(archive)) return;
  installSystemPackages(PROGRAMS);
  say(what);
  const beside = `${archive}.${process.pid}.tar`;
  mkdirSync(folder, { recursive: true });
  try {
    const left = LEFT_OUT.map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
    const { status, output } = run('mmdebstrap', [
      ...['--quiet', '--variant=minbase', `--include=${contents.join()}`, ...left],
      ...['', beside, ...sources()],
    ]);
    if (status !== 0) throw new SetupError(`${what} could not be made:\n${output}`);
    renameSync(beside, archive);
  } finally {
    rmSync(beside, { force: true });
  }
}

/** Where this computer’s own distribution comes from. */
export function sources() {
  return SOURCES.filter((path) => existsSync(path));
}
