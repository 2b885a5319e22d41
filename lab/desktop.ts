import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootableDisk } from './boot-disk.ts';
import { fetched, made } from './cache.ts';
import { setUpDebian } from './debian.ts';
import { type LabGuest, QUICK_BOOT } from './guest.ts';
import { initrdOf } from './image.ts';
import { DRIVERS, unpackKernel } from './kernel.ts';

const GUEST = join(import.meta.dirname, 'guest');
/** The kernel for real computers has as modules what the one for virtual machines has built in, or lacks. */
const BEFORE = ['crc16', 'crc32c_generic', 'mbcache', 'jbd2', 'ext4'];
const BEHIND = [
  ...['usb-common', 'usbcore', 'xhci-hcd', 'xhci-pci', 'hid', 'usbhid', 'hid-generic', 'uinput'],
  ...['drm', 'drm_kms_helper', 'drm_shmem_helper', 'virtio_dma_buf', 'virtio-gpu'],
  ...['fuse', 'virtiofs', 'netfs', 'fscache', '9pnet', '9pnet_virtio', '9p'],
];
const DESKTOP = `[Unit]
After=spice-vdagentd.socket

[Service]
ExecStart=/usr/bin/xinit /usr/bin/desktop -- /usr/bin/X :0 vt7 -ac -nolisten tcp
Environment=HOME=/root

[Install]
WantedBy=multi-user.target
`;
/** Sessions are told apart by a login manager, and this guest has one session and none. */
const AGENT = 'SPICE_VDAGENTD_EXTRA_ARGS=-X\n';

/**
 * A Debian with a desktop: X on virtio-gpu, a small window manager, a terminal, the SPICE agent. A shell of its serial line
 * reaches the desktop as DISPLAY=:0.
 */
export function desktopGuest(): LabGuest {
  const [base] = fetched('desktop/*.tar');
  const kernel = fetched('desktop/*.deb');
  if (base === undefined || kernel.length === 0)
    throw new Error('the desktop guest is not there: run node setup/launch.mjs --desktop');
  const recipe = ['lab/{desktop,debian,boot-disk,image,kernel}.ts', 'lab/guest/*', 'src/guest/tools/*'];
  const folder = made('desktop-guest', recipe, [...kernel, base], (beside) => makeDisk(base, kernel, beside));
  return {
    vmOptions: ['--firmware', 'bios', '--memory', '512'],
    powerOff: 'systemctl poweroff',
    disk: () => join(folder, 'disk.raw'),
  };
}

function makeDisk(base: string, packages: readonly string[], folder: string): void {
  const [unpacked, modules, root] = ['unpacked', 'modules', 'root'].map((name) => join(folder, name));
  if (!unpacked || !modules || !root) return;
  const kernel = unpackKernel(packages, unpacked, modules, [...BEFORE, ...DRIVERS.virtio, ...BEHIND]);
  const initrd = join(folder, 'initrd');
  initrdOf(modules, initrd);
  mkdirSync(root);
  execFileSync('tar', ['-C', root, '--numeric-owner', '-xpf', base]);
  setUpDebian(root);
  addDesktop(root);
  const append = `${QUICK_BOOT} root=/dev/vda2`;
  bootableDisk({ kernel, initrd, append, root, bootMiB: 64, rootMiB: 1024 }, join(folder, 'disk.raw'));
  for (const path of [unpacked, modules, root, initrd]) rmSync(path, { recursive: true });
}

function addDesktop(root: string): void {
  const units = join(root, 'etc', 'systemd', 'system');
  execFileSync('install', ['-m', '755', join(GUEST, 'desktop'), join(root, 'usr', 'bin', 'desktop')]);
  writeFileSync(join(units, 'desktop.service'), DESKTOP);
  symlinkSync('../desktop.service', join(units, 'multi-user.target.wants', 'desktop.service'));
  appendFileSync(join(root, 'etc', 'default', 'spice-vdagentd'), AGENT);
}
