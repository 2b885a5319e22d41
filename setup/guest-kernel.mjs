import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptGet, ask, isRoot, updateLists } from './apt.mjs';
import { SetupError, say } from './say.mjs';

/** Packages that stand for the newest small kernel: Debian’s, Ubuntu’s. */
const NEWEST = ['linux-image-cloud-amd64', 'linux-image-virtual'];
const KERNEL_PACKAGE = /^linux-(image|modules)-\d\S*$/;

/** Fetches the kernel of the small Linux that tour and tests run as a guest. It is unpacked later and never installed. */
export function fetchGuestKernel(root) {
  const folder = join(root, '.cache', 'kernel-packages');
  if (packagesIn(folder).length > 0) return;
  say('the kernel of the small guest');
  if (isRoot() && kernelPackages().length === 0) updateLists();
  const beside = `${folder}.${process.pid}`;
  mkdirSync(beside, { recursive: true });
  try {
    download(beside);
    rmSync(folder, { recursive: true, force: true });
    renameSync(beside, folder);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

function download(folder) {
  const names = kernelPackages();
  if (names.length === 0) throw new SetupError(`apt knows no kernel for the guest (${NEWEST.join(', ')}).`);
  try {
    aptGet(['download', ...names], folder);
  } catch (error) {
    // Lists that are some weeks old name packages that the servers have replaced.
    if (!isRoot()) throw new SetupError(`${error.message}\n\nPerhaps this helps: sudo apt-get update`);
    updateLists();
    aptGet(['download', ...kernelPackages()], folder);
  }
}

/** The packages that hold the kernel’s image and its modules, one on Debian, two on Ubuntu. */
function kernelPackages() {
  for (const name of NEWEST) {
    const image = kernelDependencies(name);
    if (image.length > 0) return [...new Set([...image, ...image.flatMap(kernelDependencies)])];
  }
  return [];
}

function kernelDependencies(name) {
  const lines = ask('apt-cache', ['depends', name]).split('\n');
  return lines
    .flatMap((line) => /^\s*Depends: (\S+)$/.exec(line)?.[1] ?? [])
    .filter((found) => KERNEL_PACKAGE.test(found));
}

function packagesIn(folder) {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.deb'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}
