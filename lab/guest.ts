import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram } from '../src/sys/programs/exec.ts';
import { bootableDisk } from './boot-disk.ts';
import { fetched, made, putInPlace } from './cache.ts';
import { diskOf, fillRoot, initrdOf } from './image.ts';
import { DRIVERS, uncompressedKernel, unpackKernel } from './kernel.ts';

const MEMORY_MIB = 128;

/** A guest that machines of the lab can be made from. */
export interface LabGuest {
  /** The options of `vm add` beside its disk. */
  vmOptions: readonly string[];
  /** A raw disk image whose file /etc/release-number tells it from other releases. */
  disk(release: number): string;
  /** What the guest is told to switch itself off. */
  powerOff: string;
}

/** A real Linux in 10 MB: the distribution’s kernel for virtual machines, busybox, and Lazaret’s guest tools. */
export interface SmallGuest extends LabGuest {
  kernel: string;
  initrd: string;
  /** The kernel’s command line. */
  append: string;
  memoryMiB: number;
}

/** What makes booting quick is for tests only: addresses that can be guessed, a processor that is trusted. */
export const QUICK_BOOT = [
  ...['console=ttyS0', 'quiet', 'loglevel=1', 'panic=-1', 'tsc=reliable', 'no_timer_check', 'random.trust_cpu=on'],
  ...['nokaslr', 'mitigations=off', 'cryptomgr.notests', 'audit=0'],
].join(' ');

/**
 * Makes the guest, or finds it as it was made before. With devices, its kernel is the one of computers, which knows them. With a screen, it has a shell there too, and starts half a second
 * later: only what a kernel’s image does before it unpacks itself finds the screen.
 */
export function smallGuest({ hasScreen = false, hasDevices = false } = {}): SmallGuest {
  const kind = hasDevices ? 'devices' : 'virtio';
  return smallGuestOf(bootFiles(kind), {
    hasScreen,
    disk: '/dev/vda',
    memoryMiB: hasDevices ? 2 * MEMORY_MIB : MEMORY_MIB,
  });
}

/** The small guest without a driver for virtio, on hardware that needs none. */
export function compatibleGuest(): SmallGuest {
  const guest = smallGuestOf(bootFiles('compatible'), { hasScreen: false, disk: '/dev/sda', memoryMiB: MEMORY_MIB });
  return { ...guest, vmOptions: [...guest.vmOptions, '--hardware', 'compatible'] };
}

function smallGuestOf(
  folder: string,
  { hasScreen, disk: root, memoryMiB: bootedMiB }: { hasScreen: boolean; disk: string; memoryMiB: number },
): SmallGuest {
  const boot = {
    kernel: join(folder, hasScreen ? 'kernel-image' : 'kernel'),
    initrd: join(folder, 'initrd'),
    append: `${QUICK_BOOT} root=${root}`,
    memoryMiB: bootedMiB,
  };
  const { kernel, initrd, append, memoryMiB } = boot;
  return {
    ...boot,
    vmOptions: ['--kernel', kernel, '--initrd', initrd, '--append', append, '--memory', `${memoryMiB}`],
    powerOff: 'poweroff -f',
    disk(release) {
      const disk = join(folder, `disk-${release}`);
      if (!existsSync(disk)) putInPlace(disk, (beside) => diskOf(release, beside));
      return join(disk, 'disk.raw');
    },
  };
}

/** Why no guest that firmware starts can be made here, or false. */
export function whyNotBooted(): string | false {
  const missing = ['sfdisk', 'mkfs.vfat', 'mcopy', 'syslinux'].filter((program) => !hasProgram(program));
  return missing.length > 0 && `not installed: ${missing.join(', ')}`;
}

/** The small guest on a disk that firmware starts, as most machines are: it has a screen, with a shell on it. */
export function bootedGuest(): LabGuest {
  const folder = bootFiles();
  return {
    vmOptions: ['--firmware', 'bios', '--memory', `${MEMORY_MIB}`],
    powerOff: 'poweroff -f',
    disk(release) {
      const disk = join(folder, `booted-${release}`);
      if (!existsSync(disk)) putInPlace(disk, (beside) => makeBootedDisk(folder, release, beside));
      return join(disk, 'disk.raw');
    },
  };
}

function makeBootedDisk(bootFolder: string, release: number, folder: string): void {
  const root = join(folder, 'root');
  fillRoot(release, root);
  const [kernel, initrd] = [join(bootFolder, 'kernel-image'), join(bootFolder, 'initrd')];
  const append = `${QUICK_BOOT} root=/dev/vda2`;
  bootableDisk({ kernel, initrd, append, root, bootMiB: 32, rootMiB: 24 }, join(folder, 'disk.raw'));
  rmSync(root, { recursive: true });
}

/** The packages of the guest’s kernel. @throws where the set-up has not fetched them */
export function kernelPackages(kind: keyof typeof DRIVERS = 'virtio'): string[] {
  const packages = fetched(
    kind === 'virtio' || kind === 'cloud' ? 'kernel-packages/*.deb' : 'driver-kernel-packages/*.deb',
  );
  if (packages.length === 0) throw new Error('the guest’s kernel is not there: run node setup/launch.mjs --debian');
  return packages;
}

/** The folder with kernel and initial RAM disk. */
function bootFiles(kind: keyof typeof DRIVERS = 'virtio'): string {
  const packages = kernelPackages(kind);
  const recipe = ['lab/{guest,image,kernel,boot-disk}.ts', 'lab/guest/*', 'src/guest/tools/*'];
  const busybox = createHash('sha256').update(readFileSync('/bin/busybox')).digest('hex');
  const name = kind === 'virtio' ? 'guest' : `${kind}-guest`;
  return made(name, recipe, [...packages, busybox], (beside) => makeBootFiles(packages, DRIVERS[kind], beside));
}

function makeBootFiles(packages: readonly string[], drivers: readonly string[], folder: string): void {
  const unpacked = join(folder, 'unpacked');
  const modules = join(folder, 'modules');
  const image = unpackKernel(packages, unpacked, modules, drivers);
  copyFileSync(image, join(folder, 'kernel-image'));
  writeFileSync(join(folder, 'kernel'), uncompressedKernel(readFileSync(image)));
  initrdOf(modules, join(folder, 'initrd'));
  rmSync(unpacked, { recursive: true });
  rmSync(modules, { recursive: true });
}
