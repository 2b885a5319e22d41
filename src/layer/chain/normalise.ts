import { AppError } from '../../lib/errors.ts';
import { BlockFile } from '../../sys/files/bulk/blocks.ts';
import { createFile, withScratch } from '../../sys/files/new-file.ts';
import { chainName, plain, qemuImg } from '../../sys/programs/qemu-img.ts';
import { CLUSTER } from '../format.ts';
import { writeDifference } from './difference.ts';
import { openChain } from './open-chain.ts';
import { checkLayerFacts, checkLayerHeader, checkWorkHeader } from './qcow2.ts';
import { isSameDisk } from './same-disk.ts';

export interface NormaliseOptions {
  /** What the administrator changed: an overlay, or a disk that stands alone when `below` is empty. qcow2, not in use. */
  work: string;
  /** The layers below it, bottom first. What the working disk’s own header names is not looked at. */
  below: readonly string[];
  /** What the working disk stands on, bottom first, where that are others than the layers that it is made one above. */
  standsOn?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
}

/** How layers are laid out, so that the same clusters give the same bytes (layer §2.3). */
const LAYOUT =
  'compat=1.1,cluster_size=64k,lazy_refcounts=off,preallocation=off,refcount_bits=16,compression_type=zlib';

/**
 * Makes a working disk the layer file `out`, which must not exist: synced, read-only, naming no other file (layer §2.2).
 * Returns undefined, and writes nothing, when the working disk holds nothing new.
 * @throws DISK_INVALID, LAYER_BASE_MISSING, LAYER_INVALID, FILE_EXISTS, DISK_FULL, INTERRUPTED, PROGRAM_FAILED (also when
 * the disk is in use)
 */
export async function normalise(
  options: NormaliseOptions & { out: string },
): Promise<{ virtualBytes: number } | undefined> {
  const { below, out, signal } = options;
  if (!(await hasChanges(options))) return undefined;
  const whole = chainOf(options);
  if (below.length > 0 && options.standsOn)
    return withScratch(out, async (work) => {
      await writeDifference({ chain: whole, below, out: work, signal });
      return normalise({ work, below, out, signal });
    });
  return createFile(out, 0o444, async (beside) => {
    const newest = below.at(-1);
    const marker = newest === undefined ? [] : ['-B', chainName([newest]), '-F', 'qcow2'];
    // `-m 1` and never `-W`: clusters are laid down in the guest’s order (layer §2.2).
    const format = ['-O', 'qcow2', '-m', '1', '-o', LAYOUT];
    await qemuImg(['convert', ...format, ...marker, chainName(whole), plain(beside)], { signal });
    if (newest !== undefined) await qemuImg(['rebase', '-u', '-f', 'qcow2', '-b', '', plain(beside)], { signal });
    wholeClusters(beside);
    const { virtualBytes } = checkLayerHeader(beside);
    await qemuImg(['check', '-q', '-f', 'qcow2', plain(beside)], { signal });
    await requireSame(beside, options);
    await checkLayerFacts(beside, virtualBytes, { signal });
    return { virtualBytes };
  });
}

/** The working disk and what it stands on, bottom first. */
function chainOf({ work, below, standsOn = below }: NormaliseOptions): string[] {
  return [...standsOn, work];
}

function wholeClusters(path: string): void {
  using file = new BlockFile(path, 'change');
  file.resize(Math.ceil(file.size / CLUSTER) * CLUSTER);
}

/**
 * Whether a working disk differs from the layers below it. Only what was written to it is compared.
 * @throws DISK_INVALID, LAYER_BASE_MISSING, LAYER_INVALID, INTERRUPTED
 */
export async function hasChanges(options: NormaliseOptions): Promise<boolean> {
  const { work, below, signal } = options;
  checkWorkHeader(work);
  if (below.length === 0) return true;
  const [before, after] = await Promise.all([openChain(below, signal), openChain(chainOf(options), signal)]);
  return !(await isSameDisk(before, after, signal));
}

/** Holds a layer to what it was made of (layer §2.2). @throws LAYER_HASH, PROGRAM_FAILED */
async function requireSame(layer: string, options: NormaliseOptions): Promise<void> {
  const { below, signal } = options;
  // A disk that stands alone may be compressed, which only QEMU reads.
  if (below.length === 0) {
    await qemuImg(['compare', '-q', chainName([layer]), chainName(chainOf(options))], { signal });
    return;
  }
  const [made, meant] = await Promise.all([openChain([...below, layer], signal), openChain(chainOf(options), signal)]);
  if (!(await isSameDisk(made, meant, signal)))
    throw new AppError('LAYER_HASH', 'the layer that was made is not the disk that it was made of');
}
