import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootableDisk } from './boot-disk.ts';
import { fetched, made } from './cache.ts';
import { kernelPackages, type LabGuest, QUICK_BOOT } from './guest.ts';
import { initrdOf } from './image.ts';
import { unpackKernel } from './kernel.ts';
import { makeSparing, SPARING_BOOT } from './sparing.ts';

const GUEST = join(import.meta.dirname, 'guest');
const TOOLS = join(import.meta.dirname, '..', 'src', 'guest', 'tools');

const NETWORK = '[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\n';
/** The data disk is given a file system the first time, and is the users’ from then on. */
const HOME = '/dev/disk/by-id/virtio-data /home ext4 nofail,x-systemd.makefs 0 0\n';
const SHELL = `[Service]
ExecStart=/usr/sbin/serial-shell
StandardInput=tty
StandardOutput=tty
TTYPath=/dev/ttyS0
Restart=always

[Install]
WantedBy=multi-user.target
`;
/** What a machine that is tried a dozen times need not wait for. */
const NOT_STARTED = [
  ...['serial-getty@ttyS0.service', 'getty@tty1.service', 'apt-daily.timer', 'apt-daily-upgrade.timer'],
  ...['dpkg-db-backup.timer', 'e2scrub_all.timer', 'e2scrub_reap.service', 'fstrim.timer', 'systemd-timesyncd.service'],
];

/**
 * A Debian with systemd, apt and a data disk for /home, started by firmware and boot loader; Lazaret’s guest tools are
 * installed by their own script. Its packages come from `repository`, which is any address that apt knows.
 */
export function debianGuest(repository: string): LabGuest {
  const [base] = fetched('debian/*.tar');
  if (base === undefined) throw new Error('the Debian guest is not there: run node setup/launch.mjs --debian');
  const packages = kernelPackages();
  const recipe = ['lab/{debian,sparing,boot-disk,image,kernel}.ts', 'lab/guest/*', 'src/guest/tools/*'];
  const folder = made('debian-guest', recipe, [...packages, base, repository], (beside) =>
    makeDisk(base, packages, repository, beside),
  );
  return {
    vmOptions: ['--firmware', 'bios', '--memory', '384', '--data-disk', '1G'],
    // What is written was synchronised before: no unit need be stopped in order.
    powerOff: 'systemctl poweroff --force',
    disk: () => join(folder, 'disk.raw'),
  };
}

function makeDisk(base: string, packages: readonly string[], repository: string, folder: string): void {
  const unpacked = join(folder, 'unpacked');
  const modules = join(folder, 'modules');
  const root = join(folder, 'root');
  const kernel = unpackKernel(packages, unpacked, modules);
  const initrd = join(folder, 'initrd');
  initrdOf(modules, initrd);
  mkdirSync(root);
  execFileSync('tar', ['-C', root, '--numeric-owner', '-xpf', base]);
  makeGuest(root, repository);
  const append = `${QUICK_BOOT} ${SPARING_BOOT} root=/dev/vda2`;
  bootableDisk({ kernel, initrd, append, root, bootMiB: 64, rootMiB: 640 }, join(folder, 'disk.raw'));
  for (const path of [unpacked, modules, root, initrd]) rmSync(path, { recursive: true });
}

function makeGuest(root: string, repository: string): void {
  appendFileSync(join(root, 'etc', 'fstab'), HOME);
  writeFileSync(join(root, 'etc', 'apt', 'sources.list'), `deb [trusted=yes] ${repository} ./\n`);
  setUpDebian(root);
  makeSparing(root);
}

/** What every Debian of the lab has: an address by DHCP, a shell on its serial line, Lazaret’s guest tools. */
export function setUpDebian(root: string): void {
  writeFileSync(join(root, 'etc', 'hostname'), 'guest\n');
  writeFileSync(join(root, 'etc', 'systemd', 'network', 'lan.network'), NETWORK);
  setUpSerialShell(root);
  execFileSync('systemctl', [`--root=${root}`, 'enable', 'systemd-networkd'], { stdio: 'ignore' });
  execFileSync('sh', [join(TOOLS, 'install.sh'), root], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A shell on its serial line, and nothing that a machine which is tried a dozen times need not wait for. */
export function setUpSerialShell(root: string): void {
  const units = join(root, 'etc', 'systemd', 'system');
  for (const name of NOT_STARTED) symlinkSync('/dev/null', join(units, name));
  execFileSync('install', ['-m', '755', join(GUEST, 'serial-shell'), join(root, 'usr', 'sbin', 'serial-shell')]);
  writeFileSync(join(units, 'serial-shell.service'), SHELL);
  execFileSync('systemctl', [`--root=${root}`, 'enable', 'serial-shell'], { stdio: 'ignore' });
}
