import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AppError } from '../../lib/errors.ts';
import { BlockFile } from '../../sys/files/bulk/blocks.ts';
import type { Opened } from '../../sys/programs/threads.ts';
import { BlockRuns } from '../chain/block-runs.ts';
import { type Chain, ChainReader, forRuns } from '../chain/chain.ts';
import { BLOCK, maxPackedFrame, PIECE } from '../format.ts';
import { findAnchors, MAX_ANCHORS } from '../index/anchors.ts';
import { keyOf } from '../index/keys.ts';
import type { Packing } from '../modes.ts';
import { compress, decompress, release } from '../zstd.ts';

/** How much of a layer is classified as one job. */
export const STRETCH = 1024;

export const ZERO = 0;
export const SAME = 1;
/** Neither zero nor the base’s: moved, again or new, which only its key can tell. */
const OTHER = 2;

export interface DescribeSetup {
  layer: string;
  base: Chain;
  /** The guest’s blocks that the file’s hold (see `guestBlocks`), as words. */
  guest: Uint32Array;
  packing: Packing;
  anchorBits: number;
  /** The file that packed frames wait in until the block map is known, each in its slot. */
  frames: string;
}

/** Blocks `first` to `first + n − 1` of the layer file. */
export interface Stretch {
  first: number;
  n: number;
}

export interface Classified extends Stretch {
  /** ZERO, SAME or OTHER for each block. */
  kinds: Uint8Array;
  /** Of each block; only those of OTHER blocks mean something. */
  keys: Uint32Array;
  /** SHA-256 of each piece that begins in the stretch. */
  pieces: Uint8Array;
}

/** The anchors of a frame: hash, and which of the frame’s blocks it is in. */
export interface FrameAnchors {
  hashes: Uint32Array;
  places: Uint32Array;
}

/** What a frame is made of: file blocks, and its dictionary as base blocks and file blocks. */
interface PackTask {
  number: number;
  blocks: Uint32Array;
  base: Uint32Array;
  own: Uint32Array;
}

export type DescribeJobs = {
  classify: (stretch: Stretch) => Classified;
  anchors: (blocks: Uint32Array) => FrameAnchors;
  /** Packs a frame into its slot, proves that it gives its blocks back, and says what is in the slot. */
  pack: (task: PackTask) => Packed;
};

/** A packed frame in its slot: length and CRC-32. */
export interface Packed {
  bytes: number;
  sum: number;
}

/** Where a packed frame waits in the file of slots; the room between them is never written. */
export function slotOf({ frameBytes }: Packing, number: number): number {
  return number * maxPackedFrame(frameBytes);
}

/** Opens the parts of describing that threads do. */
export function openDescribe({ layer, base, guest, packing, anchorBits, frames }: DescribeSetup): Opened<DescribeJobs> {
  const file = new BlockFile(layer, 'read');
  const guestRuns = new BlockRuns(guest);
  const below = new ChainReader(base);
  const slots = new BlockFile(frames, 'change');
  const here = Buffer.allocUnsafeSlow(Math.max(STRETCH * BLOCK, packing.frameBytes));
  const there = Buffer.allocUnsafeSlow(Math.max(STRETCH, packing.dictionaryBlocks) * BLOCK);
  const zeros = Buffer.alloc(BLOCK);
  const found = new Uint32Array((packing.frameBytes / BLOCK) * MAX_ANCHORS);

  const readEach = (into: Buffer, blocks: Uint32Array) =>
    forRuns(blocks, (block, n, at) => file.read(into.subarray(at * BLOCK, (at + n) * BLOCK), block * BLOCK));

  return {
    jobs: {
      classify({ first, n }) {
        const bytes = here.subarray(0, n * BLOCK);
        file.read(bytes, first * BLOCK);
        const kinds = new Uint8Array(n).fill(OTHER);
        for (let index = 0; index < n; index += 1) {
          if (zeros.compare(bytes, index * BLOCK, (index + 1) * BLOCK) === 0) kinds[index] = ZERO;
        }
        // Blocks of the guest’s that lie in a row are compared with one read of the base.
        for (const [from, to, run] of guestRuns.within(first, n)) {
          const known = Math.min(run, below.blocks - to);
          if (known <= 0) continue;
          const at = from - first;
          below.read(there.subarray(0, known * BLOCK), to);
          for (let index = at; index < at + known; index += 1) {
            const begin = index * BLOCK;
            const same =
              there.compare(bytes, begin, begin + BLOCK, (index - at) * BLOCK, (index - at + 1) * BLOCK) === 0;
            if (same && kinds[index] === OTHER) kinds[index] = SAME;
          }
        }
        const keys = new Uint32Array(n);
        for (let index = 0; index < n; index += 1) {
          if (kinds[index] === OTHER) keys[index] = keyOf(bytes.subarray(index * BLOCK, (index + 1) * BLOCK));
        }
        return { first, n, kinds, keys, pieces: pieceHashes(bytes) };
      },

      anchors(blocks) {
        const bytes = here.subarray(0, blocks.length * BLOCK);
        readEach(bytes, blocks);
        const places: number[] = [];
        let count = 0;
        for (let place = 0; place < blocks.length; place += 1) {
          const before = count;
          count = findAnchors(bytes, place * BLOCK, anchorBits, found, before);
          for (let number = before; number < count; number += 1) places.push(place);
        }
        return { hashes: found.slice(0, count), places: Uint32Array.from(places) };
      },

      pack({ number, blocks, base: baseBlocks, own }) {
        const bytes = here.subarray(0, blocks.length * BLOCK);
        readEach(bytes, blocks);
        const baseBytes = baseBlocks.length * BLOCK;
        const dictionary = there.subarray(0, baseBytes + own.length * BLOCK);
        below.readEach(dictionary.subarray(0, baseBytes), baseBlocks);
        readEach(dictionary.subarray(baseBytes), own);
        const packed = compress(bytes, packing.level, dictionary);
        slots.write(packed, slotOf(packing, number));
        const unpacked = decompress(packed, bytes.length, dictionary);
        if (bytes.compare(unpacked) !== 0) throw new AppError('LAYER_HASH', 'a frame does not give its blocks back');
        release(unpacked);
        const slot = { bytes: packed.length, sum: crc32(packed) };
        release(packed);
        return slot;
      },
    },
    [Symbol.dispose]() {
      file[Symbol.dispose]();
      below[Symbol.dispose]();
      slots[Symbol.dispose]();
    },
  };
}

function pieceHashes(bytes: Buffer): Uint8Array {
  const hashes: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += PIECE)
    hashes.push(hash('sha256', bytes.subarray(at, at + PIECE), 'buffer'));
  return new Uint8Array(Buffer.concat(hashes));
}
