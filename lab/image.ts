import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const GUEST = join(import.meta.dirname, 'guest');
const TOOLS = join(import.meta.dirname, '..', 'src', 'guest', 'tools');
const BUSYBOX = '/bin/busybox';
const DISK_BYTES = 24 << 20;
/** So that two images differ only where their files do. */
const SAME = [
  '-U',
  '6c617a61-7265-4465-8465-737467756573',
  '-E',
  'root_owner=0:0,lazy_itable_init=0,hash_seed=6c617a61-7265-4465-8465-737467756573',
];

/** Writes the initial RAM disk: busybox, the modules of a folder, and the program that starts what is on the disk. */
export function initrdOf(modules: string, initrd: string): void {
  const root = `${initrd}.root`;
  for (const name of ['modules', 'dev', 'proc', 'sys', 'root']) mkdirSync(join(root, name), { recursive: true });
  installBusybox(root);
  for (const module of globSync(join(modules, '*'))) copyFileSync(module, join(root, 'modules', basename(module)));
  install(join(GUEST, 'init'), join(root, 'init'));
  const names = execFileSync('find', ['.', '-print0'], { cwd: root });
  const archive = execFileSync('cpio', ['-0', '-o', '-H', 'newc', '-R', '0:0', '--quiet'], {
    cwd: root,
    input: names,
    maxBuffer: 64 << 20,
  });
  writeFileSync(initrd, archive);
  rmSync(root, { recursive: true });
}

/** Writes `disk.raw`: a file system without partitions. */
export function diskOf(release: number, folder: string): void {
  const root = join(folder, 'root');
  fillRoot(release, root);
  const disk = join(folder, 'disk.raw');
  writeFileSync(disk, '');
  truncateSync(disk, DISK_BYTES);
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', ...SAME, '-d', root, disk], {
    env: { ...process.env, E2FSPROGS_FAKE_TIME: '1700000000' },
  });
  rmSync(root, { recursive: true });
}

/** Fills a folder with what is on the small guest’s disk, with Lazaret’s tools installed by their own script. */
export function fillRoot(release: number, root: string): void {
  for (const name of ['dev', 'proc', 'sys', 'run', 'tmp', 'etc', 'sbin', 'root', 'var', 'mnt'])
    mkdirSync(join(root, name), { recursive: true });
  installBusybox(root);
  install(join(GUEST, 'sbin-init'), join(root, 'sbin', 'init'));
  install(join(GUEST, 'serial-shell'), join(root, 'sbin', 'serial-shell'));
  install(join(GUEST, 'udhcpc'), join(root, 'etc', 'udhcpc'));
  writeFileSync(join(root, 'etc', 'release-number'), `${release}\n`);
  execFileSync('sh', [join(TOOLS, 'install.sh'), root], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function installBusybox(root: string): void {
  mkdirSync(join(root, 'bin'), { recursive: true });
  install(BUSYBOX, join(root, 'bin', 'busybox'));
  for (const name of execFileSync(BUSYBOX, ['--list'], { encoding: 'utf8' }).trim().split('\n'))
    if (name !== 'busybox') symlinkSync('busybox', join(root, 'bin', name));
}

function install(from: string, to: string): void {
  execFileSync('install', ['-m', '755', from, to]);
}
