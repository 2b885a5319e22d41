import { crc32 } from 'node:zlib';
import type { BlockFile } from '../../sys/files/bulk/blocks.ts';
import { ENTRY_BYTES, type EntrySource, entriesIn } from './entries.ts';

/** A page of entries is read at a time. */
export const PAGE = 4096;
const PER_PAGE = PAGE / ENTRY_BYTES;
/** Pages kept in memory, 32 MiB. */
const MOST_KEPT = 8192;

/** Where the sorted entries of an index lie, key and block, and what is known of each page of them. */
export interface Pages {
  file: BlockFile;
  at: number;
  count: number;
  /** The first key of each page. */
  firsts: Uint32Array;
  /** The CRC-32 of each page. */
  sums: Uint32Array;
}

/** An index whose head was sound and some page of it is not. */
export class DamagedIndex extends Error {
  override readonly name = 'DamagedIndex';
}

/** Finds blocks of a base by their keys without having all of them in memory. */
export interface BaseKeys {
  /**
   * The first block with that key, or -1.
   * @throws DamagedIndex
   */
  find(key: number): number;
}

/** All entries, in ascending order. What it gives throws DamagedIndex. */
export function keyEntries({ file, at, count, sums }: Pages): EntrySource {
  return entriesIn(file, at, count, (bytes, place) => {
    for (let from = 0; from < bytes.length; from += PAGE) {
      if (crc32(bytes.subarray(from, from + PAGE)) !== sums[(place + from) / PAGE]) throw new DamagedIndex();
    }
  });
}

export const NO_KEYS: BaseKeys = { find: () => -1 };

export function baseKeys({ file, at, count, firsts, sums }: Pages): BaseKeys {
  const kept = new Map<number, Buffer>();

  const page = (number: number): Buffer => {
    const known = kept.get(number);
    if (known) return known;
    const bytes = Buffer.allocUnsafeSlow(Math.min(PAGE, (count - number * PER_PAGE) * ENTRY_BYTES));
    file.read(bytes, at + number * PAGE);
    if (crc32(bytes) !== sums[number]) throw new DamagedIndex();
    if (kept.size === MOST_KEPT) kept.clear();
    kept.set(number, bytes);
    return bytes;
  };

  return {
    find(key) {
      // The first block with the key is on the last page that begins below it, or is the first of the page behind.
      const after = countBelow(firsts, key);
      if (after > 0) {
        const bytes = page(after - 1);
        const place = countBelowIn(bytes, key) * ENTRY_BYTES;
        if (place < bytes.length) return bytes.readUInt32LE(place + 4) === key ? bytes.readUInt32LE(place) : -1;
      }
      return firsts[after] === key ? page(after).readUInt32LE(0) : -1;
    },
  };
}

/** How many of some ascending numbers are below another. */
function countBelow(numbers: Uint32Array, than: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < than) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many entries of a page have a key below another. */
function countBelowIn(bytes: Buffer, than: number): number {
  let [low, high] = [0, bytes.length / ENTRY_BYTES];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bytes.readUInt32LE(middle * ENTRY_BYTES + 4) < than) low = middle + 1;
    else high = middle;
  }
  return low;
}
