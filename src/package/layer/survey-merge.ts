import type { Surveyed } from './survey-jobs.ts';

function concat(arrays: Uint32Array[]): Uint32Array {
  const all = new Uint32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

/** Surveys of blocks in a row as one. */
export function joined(parts: Surveyed[]): Surveyed {
  return {
    blocks: concat(parts.map(({ blocks }) => blocks)),
    keys: concat(parts.map(({ keys }) => keys)),
    anchorHashes: concat(parts.map(({ anchorHashes }) => anchorHashes)),
    anchorBlocks: concat(parts.map(({ anchorBlocks }) => anchorBlocks)),
  };
}

/** What a survey says of the blocks wanted, with the anchors wanted. */
export function filtered(
  all: Surveyed,
  keep: (block: number) => boolean,
  keepAnchor: (hash: number) => boolean,
): Surveyed {
  return {
    blocks: all.blocks.filter(keep),
    keys: all.keys.filter((_, at) => keep(all.blocks[at >>> 1] ?? 0)),
    anchorHashes: all.anchorHashes.filter((hash, at) => keepAnchor(hash) && keep(all.anchorBlocks[at] ?? 0)),
    anchorBlocks: all.anchorBlocks.filter((block, at) => keepAnchor(all.anchorHashes[at] ?? 0) && keep(block)),
  };
}

/** Two surveys of different blocks as one, in the order of the blocks. */
export function merged(a: Surveyed, b: Surveyed): Surveyed {
  const byBlock = mergeOrder(a.blocks, b.blocks);
  const byAnchor = mergeOrder(a.anchorBlocks, b.anchorBlocks);
  return {
    blocks: byBlock(a.blocks, b.blocks, 1),
    keys: byBlock(a.keys, b.keys, 2),
    anchorHashes: byAnchor(a.anchorHashes, b.anchorHashes, 1),
    anchorBlocks: byAnchor(a.anchorBlocks, b.anchorBlocks, 1),
  };
}

type Merge = (a: Uint32Array, b: Uint32Array, width: number) => Uint32Array;

function mergeOrder(a: Uint32Array, b: Uint32Array): Merge {
  const fromB = new Uint8Array(a.length + b.length);
  for (let at = 0, left = 0, right = 0; at < fromB.length; at += 1) {
    const second = left >= a.length || (right < b.length && (b[right] ?? 0) < (a[left] ?? 0));
    fromB[at] = second ? 1 : 0;
    if (second) right += 1;
    else left += 1;
  }
  return (left, right, width) => {
    const out = new Uint32Array(left.length + right.length);
    const next = [0, 0];
    fromB.forEach((second, at) => {
      const from = next[second] ?? 0;
      for (let word = 0; word < width; word += 1) out[at * width + word] = (second ? right : left)[from + word] ?? 0;
      next[second] = from + width;
    });
    return out;
  };
}
