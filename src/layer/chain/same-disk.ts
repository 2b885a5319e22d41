import { setImmediate as breath } from 'node:timers/promises';
import { requireGoing } from '../../lib/interrupted.ts';
import { BLOCK, blocksOf } from '../format.ts';
import { type Chain, ChainReader, type Extent } from './chain.ts';

/** Compared at once, in blocks. */
const STEP = 256;

/**
 * Whether two disks have the same bytes. What both have at the same place of the same file is not read, nor what is zero in
 * both: the time follows what differs in the files, not the size of the disk.
 * @throws INTERRUPTED
 */
export async function isSameDisk(one: Chain, other: Chain, signal?: AbortSignal): Promise<boolean> {
  if (one.virtualBytes !== other.virtualBytes) return false;
  using first = new ChainReader(one);
  using second = new ChainReader(other);
  const [a, b] = [Buffer.allocUnsafeSlow(STEP * BLOCK), Buffer.allocUnsafeSlow(STEP * BLOCK)];
  for (const { start, end } of unlikeStretches(one, other)) {
    const last = blocksOf(end);
    for (let block = Math.floor(start / BLOCK); block < last; block += STEP) {
      const bytes = Math.min(STEP, last - block) * BLOCK;
      first.read(a.subarray(0, bytes), block);
      second.read(b.subarray(0, bytes), block);
      if (!a.subarray(0, bytes).equals(b.subarray(0, bytes))) return false;
      requireGoing(signal);
      await breath();
    }
  }
  return true;
}

/** Stretches that have to be read to know, in order; both chains are tiled by their extents. */
export function* unlikeStretches(one: Chain, other: Chain): Generator<{ start: number; end: number }> {
  let [i, j] = [0, 0];
  for (let start = 0; start < one.virtualBytes; ) {
    const [x, y] = [one.extents[i], other.extents[j]];
    if (!x || !y) return yield { start, end: one.virtualBytes };
    const end = Math.min(x.start + x.length, y.start + y.length);
    if (placeOf(one, x, start) !== placeOf(other, y, start)) yield { start, end };
    if (x.start + x.length === end) i += 1;
    if (y.start + y.length === end) j += 1;
    start = end;
  }
}

/** Where the bytes from `start` on lie; undefined where they are all zero. */
function placeOf({ files }: Chain, { start, depth, offset }: Extent, at: number): string | undefined {
  return offset === undefined ? undefined : `${offset + at - start} ${files[depth]}`;
}
