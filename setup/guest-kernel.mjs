import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptGet, ask, isRoot, updateLists } from './apt.mjs';
import { SetupError, say } from './say.mjs';

/** Packages that stand for the newest small kernel, and for the newest one that has drivers for real hardware: Debian’s, Ubuntu’s. */
const SMALL = ['linux-image-cloud-amd64', 'linux-image-virtual'];
const WITH_DRIVERS = ['linux-image-amd64', 'linux-image-generic'];
const KERNEL_PACKAGE = /^linux-(image|modules)-\d\S*$/;

/** Fetches the kernel of the small Linux that tour and tests run as a guest. It is unpacked later and never installed. */
export function fetchGuestKernel(root) {
  fetchKernel(join(root, '.cache', 'kernel-packages'), SMALL, 'the kernel of the small guest');
}

/** Fetches the kernel of guests on compatible hardware, and of those to whose machines devices are connected. */
export function fetchDriverKernel(root) {
  fetchKernel(join(root, '.cache', 'driver-kernel-packages'), WITH_DRIVERS, 'a kernel with drivers for real hardware');
}

function fetchKernel(folder, newest, what) {
  if (packagesIn(folder).length > 0) return;
  say(what);
  if (isRoot() && kernelPackages(newest).length === 0) updateLists();
  const beside = `${folder}.${process.pid}`;
  mkdirSync(beside, { recursive: true });
  try {
    download(beside, newest);
    rmSync(folder, { recursive: true, force: true });
    renameSync(beside, folder);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

function download(folder, newest) {
  const names = kernelPackages(newest);
  if (names.length === 0) throw new SetupError(`apt knows no kernel for the guest (${newest.join(', ')}).`);
  try {
    aptGet(['download', ...names], folder);
  } catch (error) {
    // Lists that are some weeks old name packages that the servers have replaced.
    if (!isRoot()) throw new SetupError(`${error.message}\n\nPerhaps this helps: sudo apt-get update`);
    updateLists();
    aptGet(['download', ...kernelPackages(newest)], folder);
  }
}

/** The packages that hold the kernel’s image and its modules, one on Debian, two on Ubuntu. */
function kernelPackages(newest) {
  for (const name of newest) {
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
