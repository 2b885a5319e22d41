import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installRootPrograms, makeRoot } from './root-archive.mjs';

/** What the guest has beside the smallest Debian there is: an init, devices, a network, names, and a way to fetch. */
const CONTENTS = ['systemd-sysv', 'udev', 'dbus', 'systemd-resolved', 'iproute2', 'wget'];
/** With what sets up images of Debian and Ubuntu for clouds. */
const CLOUD_CONTENTS = ['systemd-sysv', 'udev', 'dbus', 'systemd-resolved', 'iproute2', 'cloud-init'];

/** Fetches the Debian that tests run as a guest: its packages, unpacked and set up, as one archive. */
export function fetchDebianGuest(root) {
  return fetchRoot(join(root, '.cache', 'debian'), 'the Debian guest', CONTENTS);
}

/** The same with cloud-init, as images for clouds have it. */
export function fetchCloudGuest(root) {
  return fetchRoot(join(root, '.cache', 'cloud'), 'the Debian guest with cloud-init', CLOUD_CONTENTS);
}

async function fetchRoot(folder, what, contents) {
  const archive = join(folder, 'root.tar');
  if (existsSync(archive)) return;
  installRootPrograms();
  await makeRoot(archive, what, { contents });
}
