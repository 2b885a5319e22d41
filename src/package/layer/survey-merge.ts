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

/** A survey, and what of it counts. */
export interface Kept {
  all: Surveyed;
  block: (block: number) => boolean;
  anchor: (hash: number) => boolean;
}

/** What counts of two surveys as one, in the order of the blocks; no block counts in both. */
export function merged(a: Kept, b: Kept): Surveyed {
  const [blocks, keys] = mergeRows(blockRows(a), blockRows(b));
  const [anchorBlocks, anchorHashes] = mergeRows(anchorRows(a), anchorRows(b));
  return { blocks, keys, anchorBlocks, anchorHashes };
}

/** Rows in the order of their first column, which is one word wide; `second` has `width` words a row. */
interface Rows {
  first: Uint32Array;
  second: Uint32Array;
  width: number;
  keep: (row: number) => boolean;
}

function blockRows({ all: { blocks, keys }, block }: Kept): Rows {
  return { first: blocks, second: keys, width: 2, keep: (row) => block(blocks[row] ?? 0) };
}

function anchorRows({ all: { anchorBlocks, anchorHashes }, block, anchor }: Kept): Rows {
  const keep = (row: number) => anchor(anchorHashes[row] ?? 0) && block(anchorBlocks[row] ?? 0);
  return { first: anchorBlocks, second: anchorHashes, width: 1, keep };
}

/** Copies each row once, from where it is to where it goes: an index may be a tenth of the memory there is. */
function mergeRows(a: Rows, b: Rows): [Uint32Array, Uint32Array] {
  const count = countKept(a) + countKept(b);
  const [first, second] = [new Uint32Array(count), new Uint32Array(count * a.width)];
  let [left, right] = [nextKept(a, 0), nextKept(b, 0)];
  for (let row = 0; row < count; row += 1) {
    const isB = left >= a.first.length || (right < b.first.length && (b.first[right] ?? 0) < (a.first[left] ?? 0));
    const [from, at] = isB ? [b, right] : [a, left];
    first[row] = from.first[at] ?? 0;
    for (let word = 0; word < a.width; word += 1) second[row * a.width + word] = from.second[at * a.width + word] ?? 0;
    if (isB) right = nextKept(b, right + 1);
    else left = nextKept(a, left + 1);
  }
  return [first, second];
}

function countKept({ first, keep }: Rows): number {
  let count = 0;
  for (let row = 0; row < first.length; row += 1) if (keep(row)) count += 1;
  return count;
}

function nextKept({ first, keep }: Rows, from: number): number {
  let row = from;
  while (row < first.length && !keep(row)) row += 1;
  return row;
}
