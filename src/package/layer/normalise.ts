import { setImmediate as breath } from 'node:timers/promises';
import { BlockFile } from '../../sys/blocks.ts';
import { createFile } from '../../sys/new-file.ts';
import { chainName, plain, qemuImg } from '../../sys/qemu-img.ts';
import { ChainReader } from './chain.ts';
import { BLOCK, blocksOf, CLUSTER } from './format.ts';
import { openChain } from './open-chain.ts';
import { checkLayerFacts, checkLayerHeader, checkWorkHeader } from './qcow2.ts';

export interface NormaliseOptions {
  /** What the administrator changed: an overlay, or a disk that stands alone when `below` is empty. qcow2, not in use. */
  work: string;
  /** The layers below it, bottom first. What the working disk’s own header names is not looked at. */
  below: readonly string[];
  signal?: AbortSignal | undefined;
}

/** Compared at once, in blocks. */
const STEP = 256;
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
  const { work, below, out, signal } = options;
  if (!(await hasChanges(options))) return undefined;
  return createFile(out, 0o444, async (beside) => {
    const newest = below.at(-1);
    const marker = newest === undefined ? [] : ['-B', chainName([newest]), '-F', 'qcow2'];
    // `-m 1` and never `-W`: clusters are laid down in the guest’s order (layer §2.2).
    const format = ['-O', 'qcow2', '-m', '1', '-o', LAYOUT];
    await qemuImg(['convert', ...format, ...marker, chainName([...below, work]), plain(beside)], { signal });
    if (newest !== undefined) await qemuImg(['rebase', '-u', '-f', 'qcow2', '-b', '', plain(beside)], { signal });
    wholeClusters(beside);
    const { virtualBytes } = checkLayerHeader(beside);
    await qemuImg(['check', '-q', '-f', 'qcow2', plain(beside)], { signal });
    await qemuImg(['compare', '-q', chainName([...below, beside]), chainName([...below, work])], { signal });
    await checkLayerFacts(beside, virtualBytes, signal);
    return { virtualBytes };
  });
}

function wholeClusters(path: string): void {
  using file = new BlockFile(path, 'change');
  file.resize(Math.ceil(file.size / CLUSTER) * CLUSTER);
}

/**
 * Whether a working disk differs from the layers below it. Only what was written to it is compared.
 * @throws DISK_INVALID, LAYER_BASE_MISSING, LAYER_INVALID, INTERRUPTED
 */
export async function hasChanges({ work, below, signal }: NormaliseOptions): Promise<boolean> {
  checkWorkHeader(work);
  if (below.length === 0) return true;
  const [before, after] = await Promise.all([openChain(below, signal), openChain([...below, work], signal)]);
  if (before.virtualBytes !== after.virtualBytes) return true;
  using old = new ChainReader(before);
  using now = new ChainReader(after);
  const [a, b] = [Buffer.allocUnsafeSlow(STEP * BLOCK), Buffer.allocUnsafeSlow(STEP * BLOCK)];
  for (const { start, length, depth } of after.extents) {
    if (depth !== 0) continue;
    const end = blocksOf(start + length);
    for (let block = Math.floor(start / BLOCK); block < end; block += STEP) {
      const bytes = Math.min(STEP, end - block) * BLOCK;
      old.read(a.subarray(0, bytes), block);
      now.read(b.subarray(0, bytes), block);
      if (!a.subarray(0, bytes).equals(b.subarray(0, bytes))) return true;
      signal?.throwIfAborted();
      await breath();
    }
  }
  return false;
}
