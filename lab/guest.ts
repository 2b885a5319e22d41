import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { diskOf, initrdOf } from './image.ts';
import { uncompressedKernel, unpackKernel } from './kernel.ts';

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache');
const DAY_MS = 86_400_000;

/** A real Linux in 10 MB: the distribution’s kernel for virtual machines, busybox, and Lazaret’s guest tools. */
export interface SmallGuest {
  kernel: string;
  initrd: string;
  /** The kernel’s command line. */
  append: string;
  memoryMiB: number;
  /** A raw disk image whose file /etc/release-number tells it from other releases. */
  disk(release: number): string;
}

/** What makes booting quick is for tests only: addresses that can be guessed, a processor that is trusted. */
const APPEND = [
  ...['console=ttyS0', 'quiet', 'loglevel=1', 'panic=-1', 'tsc=reliable', 'no_timer_check', 'random.trust_cpu=on'],
  ...['nokaslr', 'mitigations=off', 'cryptomgr.notests', 'audit=0'],
].join(' ');

/** Makes the guest, or finds it as it was made before. */
export function smallGuest(): SmallGuest {
  const packages = globSync(join(CACHE, 'kernel-packages', '*.deb')).sort();
  if (packages.length === 0) throw new Error('the guest’s kernel is not there: run node setup/launch.mjs');
  const folder = join(CACHE, 'guest', recipeDigest(packages));
  if (!existsSync(folder)) {
    removeOld(dirname(folder));
    putInPlace(folder, (beside) => makeBootFiles(packages, beside));
  }
  return {
    kernel: join(folder, 'kernel'),
    initrd: join(folder, 'initrd'),
    append: APPEND,
    memoryMiB: 128,
    disk(release) {
      const disk = join(folder, `disk-${release}`);
      if (!existsSync(disk)) putInPlace(disk, (beside) => diskOf(release, beside));
      return join(disk, 'disk.raw');
    },
  };
}

function makeBootFiles(packages: readonly string[], folder: string): void {
  const unpacked = join(folder, 'unpacked');
  const modules = join(folder, 'modules');
  const image = unpackKernel(packages, unpacked, modules);
  writeFileSync(join(folder, 'kernel'), uncompressedKernel(readFileSync(image)));
  initrdOf(modules, join(folder, 'initrd'));
  rmSync(unpacked, { recursive: true });
  rmSync(modules, { recursive: true });
}

/** Makes a folder beside its place and moves it there whole; another process may have been quicker. */
function putInPlace(folder: string, make: (beside: string) => void): void {
  mkdirSync(dirname(folder), { recursive: true });
  const beside = mkdtempSync(`${folder}.`);
  try {
    make(beside);
    chmodSync(beside, 0o755);
    if (!existsSync(folder)) renameSync(beside, folder);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

/** Removes guests of other recipes that nobody has made for a day, and what killed runs have left. */
function removeOld(folder: string): void {
  for (const path of globSync(join(folder, '*')))
    if (Date.now() - statSync(path).mtimeMs > DAY_MS) rmSync(path, { recursive: true, force: true });
}

/** Changes with everything that the guest is made from. */
function recipeDigest(packages: readonly string[]): string {
  const hash = createHash('sha256').update(packages.join('\n'));
  const recipe = globSync(['lab/{guest,image,kernel}.ts', 'lab/guest/*', 'src/guest/tools/*'], { cwd: ROOT }).sort();
  for (const path of recipe) hash.update(`\n${path}\n`).update(readFileSync(join(ROOT, path)));
  return hash.update(readFileSync('/bin/busybox')).digest('hex').slice(0, 16);
}
