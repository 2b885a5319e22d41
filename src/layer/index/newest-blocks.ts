import type { Chain } from '../chain/chain.ts';
import { BLOCK, blocksOf } from '../format.ts';

/** Tells of a block of a disk whether any of it is in the newest file of the chain, be it as zeros. */
export function newestBlocks({ extents }: Chain): (block: number) => boolean {
  const own = extents.filter(({ depth }) => depth === 0);
  const firsts = Float64Array.from(own, ({ start }) => Math.floor(start / BLOCK));
  const ends = Float64Array.from(own, ({ start, length }) => blocksOf(start + length));
  return (block) => {
    let [low, high] = [0, firsts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((firsts[middle] ?? 0) <= block) low = middle + 1;
      else high = middle;
    }
    return low > 0 && block < (ends[low - 1] ?? 0);
  };
}
