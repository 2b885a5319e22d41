import { AppError } from '../../lib/errors.ts';
import type { BlockFile } from '../../sys/files/bulk/blocks.ts';
import { openBlocks } from '../../sys/secrets/locked-blocks.ts';
import { BLOCK, blocksOf, hold } from '../format.ts';
import { BlockRuns } from './block-runs.ts';

/** A stretch of a disk as seen through its chain. Numbers are bytes; `depth` counts files down from the newest. */
export interface Extent {
  start: number;
  length: number;
  depth: number;
  /** Where the bytes lie in that file, or undefined when they are all zero. */
  offset: number | undefined;
}

/** A disk as seen through a chain of read-only files (layer §3): plain data, which a thread may be handed. */
export interface Chain {
  /** Newest first, so that an extent's depth is its place here. */
  files: readonly string[];
  virtualBytes: number;
  /** They tile the disk, in order. */
  extents: readonly Extent[];
  /** What opens its files, where they are encrypted. */
  diskKey?: string | undefined;
}

/** The base of a first layer (layer §1.2). */
export const NO_CHAIN: Chain = { files: [], virtualBytes: 0, extents: [] };

/** Reads blocks of a disk through its chain, keeping the files open. Not for two threads at once. */
export class ChainReader implements Disposable {
  readonly blocks: number;
  readonly virtualBytes: number;
  readonly #chain: Chain;
  readonly #files: BlockFile[] = [];
  #last = 0;

  constructor(chain: Chain) {
    this.#chain = chain;
    this.virtualBytes = chain.virtualBytes;
    this.blocks = blocksOf(chain.virtualBytes);
    for (const path of chain.files) this.#files.push(openBlocks(path, 'read', chain.diskKey));
  }

  /** Fills `into`, a whole number of blocks, from this block on. What lies past the end of the disk is zero. */
  read(into: Uint8Array, block: number): void {
    const { extents, virtualBytes, files } = this.#chain;
    const from = block * BLOCK;
    const end = Math.min(from + into.length, virtualBytes);
    let at = from;
    for (let index = this.#find(from); at < end; index += 1) {
      const extent = extents[index];
      hold(extent !== undefined, 'a block lies beyond the disk');
      const until = Math.min(end, extent.start + extent.length);
      const part = into.subarray(at - from, until - from);
      const file = this.#files[extent.depth];
      if (extent.offset === undefined) part.fill(0);
      else if (file) file.read(part, extent.offset + at - extent.start);
      else throw new AppError('INTERNAL', `there is no file ${extent.depth} in a chain of ${files.length}`);
      at = until;
    }
    into.fill(0, Math.max(0, end - from));
  }

  /** Fills `into` with blocks in the order they are named, joining neighbours into one read. */
  readEach(into: Uint8Array, blocks: Uint32Array): void {
    forRuns(blocks, (block, n, at) => this.read(into.subarray(at * BLOCK, (at + n) * BLOCK), block));
  }

  [Symbol.dispose](): void {
    for (const file of this.#files) file[Symbol.dispose]();
  }

  /** The extent that holds this byte: the last one asked for or its neighbour, else found by halving. */
  #find(byte: number): number {
    const { extents } = this.#chain;
    const holds = (index: number) => {
      const extent = extents[index];
      return extent !== undefined && byte >= extent.start && byte < extent.start + extent.length;
    };
    if (holds(this.#last)) return this.#last;
    if (holds(this.#last + 1)) {
      this.#last += 1;
      return this.#last;
    }
    let low = 0;
    let high = extents.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((extents[middle]?.start ?? 0) <= byte) low = middle;
      else high = middle;
    }
    this.#last = low;
    return low;
  }
}

/** Calls `each` for every run of numbers that count up by one: its first number, its length, its place in the list. */
export function forRuns(numbers: Uint32Array, each: (first: number, n: number, at: number) => void): void {
  for (let at = 0; at < numbers.length; ) {
    const first = numbers[at] ?? 0;
    let n = 1;
    while (at + n < numbers.length && numbers[at + n] === first + n) n += 1;
    each(first, n, at);
    at += n;
  }
}

/**
 * The guest's blocks that the blocks of a layer file hold; those of QEMU's own tables lead nowhere (layer §3.3). `own` is the
 * chain of that file alone.
 */
export function guestBlocks(own: Chain): BlockRuns {
  const runs = new BlockRuns();
  const held = own.extents.flatMap(({ start, length, depth, offset }) =>
    depth === 0 && offset !== undefined ? [{ first: offset / BLOCK, to: start / BLOCK, n: blocksOf(length) }] : [],
  );
  for (const { first, to, n } of held.sort((a, b) => a.first - b.first)) runs.add(first, to, n);
  return runs;
}
