import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptGet, ask, isRoot, updateLists } from './apt.mjs';
import { installRootPrograms, makeRoot } from './root-archive.mjs';
import { SetupError } from './say.mjs';

/** What the guest has beside the smallest Debian there is: what the other one has, X, a window manager, a terminal, the agent. */
const CONTENTS = [
  ...['systemd-sysv', 'udev', 'dbus', 'systemd-resolved', 'iproute2', 'wget'],
  ...['xserver-xorg-core', 'xserver-xorg-input-libinput', 'xinit', 'evilwm', 'xterm', 'spice-vdagent', 'xclip'],
  ...['x11-xserver-utils', 'x11-xkb-utils'],
];
/** Drawing in three dimensions takes a compiler, and nobody draws so here. */
const NOT_UNPACKED = ['/usr/lib/*/libLLVM*', '/usr/lib/*/dri/*'];
/** The kernel for virtual machines has no graphics. */
const KERNELS = ['linux-image-amd64', 'linux-image-generic'];

/** Fetches the desktop that tests run as a guest: its packages, unpacked and set up, as one archive, and its kernel beside it. */
export async function fetchDesktopGuest(root) {
  const folder = join(root, '.cache', 'desktop');
  if (existsSync(folder)) return;
  installRootPrograms();
  const beside = `${folder}.${process.pid}`;
  mkdirSync(beside, { recursive: true });
  try {
    downloadKernel(beside);
    await makeRoot(join(beside, 'root.tar'), 'the desktop guest', { contents: CONTENTS, leftOut: NOT_UNPACKED });
    renameSync(beside, folder);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

function downloadKernel(folder) {
  if (isRoot()) updateLists();
  for (const name of KERNELS) {
    const [image] = ask('apt-cache', ['depends', name])
      .split('\n')
      .flatMap((line) => /^\s*Depends: (linux-image-\d\S*)$/.exec(line)?.[1] ?? []);
    if (image === undefined) continue;
    aptGet(['download', image], folder);
    return;
  }
  throw new SetupError('apt knows no kernel for the desktop guest.');
}
