import { execFileSync } from 'node:child_process';
import { rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';

const MIB = 1 << 20;
const BOOT_LOADER = '/usr/lib/syslinux/mbr/mbr.bin';

export interface Bootable {
  kernel: string;
  initrd: string;
  /** The kernel’s command line; the root file system is the second partition. */
  append: string;
  /** A folder with all that is to be in the root file system. */
  root: string;
  /** How large its two partitions are. */
  bootMiB: number;
  rootMiB: number;
}

/** Writes a raw disk image that firmware of 1981’s kind can start: a boot loader, kernel and initrd on a FAT partition, ext4 behind it. */
export function bootableDisk({ kernel, initrd, append, root, bootMiB, rootMiB }: Bootable, disk: string): void {
  const [boot, system, menu] = [`${disk}.boot`, `${disk}.system`, `${disk}.menu`];
  emptyFile(disk, 1 + bootMiB + rootMiB);
  emptyFile(boot, bootMiB);
  emptyFile(system, rootMiB);
  const sectors = (mib: number) => (mib * MIB) / 512;
  const partitions = `label: dos\nstart=2048,size=${sectors(bootMiB)},type=c,bootable\nsize=${sectors(rootMiB)},type=83\n`;
  execFileSync('sfdisk', ['-q', disk], { input: partitions });

  writeFileSync(menu, `DEFAULT linux\nPROMPT 0\nLABEL linux\n KERNEL kernel\n INITRD initrd\n APPEND ${append}\n`);
  execFileSync('mkfs.vfat', ['-n', 'BOOT', boot], { stdio: 'ignore' });
  for (const [from, name] of [
    [kernel, 'kernel'],
    [initrd, 'initrd'],
    [menu, 'syslinux.cfg'],
  ] as const)
    execFileSync('mcopy', ['-i', boot, from, `::${name}`]);
  execFileSync('syslinux', ['--install', boot]);
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-L', 'root', '-d', root, system]);

  execFileSync('dd', [`if=${BOOT_LOADER}`, `of=${disk}`, 'bs=440', 'count=1', 'conv=notrunc', 'status=none']);
  putInto(disk, boot, 1);
  putInto(disk, system, 1 + bootMiB);
  for (const path of [boot, system, menu]) rmSync(path);
}

function emptyFile(path: string, mib: number): void {
  writeFileSync(path, '');
  truncateSync(path, mib * MIB);
}

function putInto(disk: string, part: string, atMiB: number): void {
  const bytes = statSync(disk).size;
  execFileSync('dd', [`if=${part}`, `of=${disk}`, 'bs=1M', `seek=${atMiB}`, 'conv=notrunc,sparse', 'status=none']);
  if (statSync(disk).size !== bytes) throw new Error('a partition is larger than its place');
}
