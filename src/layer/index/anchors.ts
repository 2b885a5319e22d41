import { BLOCK } from '../format.ts';

const WINDOW = 32;
const GEAR = gear();
/** Base data up to this size has an anchor about every KiB; each doubling beyond halves their number (layer §5.3). */
const DENSE_BYTES = 2 ** 31;
const DENSE_BITS = 10;

function gear(): Int32Array {
  const words = new Int32Array(256);
  let seed = 88_172_645;
  for (let index = 0; index < words.length; index += 1) {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    words[index] = seed;
  }
  return words;
}

/** How many bits of hashes must be zero for an anchor, in a disk with so many bytes of data. */
export function anchorBits(dataBytes: number): number {
  return DENSE_BITS + Math.max(0, Math.ceil(Math.log2(dataBytes / DENSE_BYTES)));
}

/** The most anchors that one block can have. */
export const MAX_ANCHORS = BLOCK - WINDOW + 1;

/**
 * Writes the anchors of the block at `at` to `into` from `count` on, and gives the count then. They are hashes of 32-byte
 * windows from 1 to 2^32 − 1 that depend on nothing outside the block, so they can be found in any order and thread
 * (layer §5.3).
 */
export function findAnchors(bytes: Uint8Array, at: number, bits: number, into: Uint32Array, count: number): number {
  let found = count;
  let rolling = 0;
  const first = at + WINDOW - 1;
  const end = at + BLOCK;
  for (let index = at; index < first; index += 1) rolling = ((rolling << 1) + (GEAR[bytes[index] ?? 0] ?? 0)) | 0;
  for (let index = first; index < end; index += 1) {
    rolling = ((rolling << 1) + (GEAR[bytes[index] ?? 0] ?? 0)) | 0;
    if (rolling >>> (32 - DENSE_BITS) !== 0) continue;
    const hash = windowHash(bytes, index + 1 - WINDOW);
    if (isAnchor(hash, bits)) into[found++] = hash;
  }
  return found;
}

/** Whether a hash found with fewer bits is an anchor with these, too. */
export function isAnchor(hash: number, bits: number): boolean {
  return hash >>> (32 - (bits - DENSE_BITS)) === 0 || bits === DENSE_BITS;
}

/** FNV-1a, with its bits mixed once more, of what the rolling hash has found: that one knows 22 bits too few to tell windows apart. */
function windowHash(bytes: Uint8Array, at: number): number {
  let hash = 0x811c_9dc5;
  for (let index = at; index < at + WINDOW; index += 1) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  return (hash ^ (hash >>> 13)) >>> 0 || 1;
}

/** Which block first had an anchor. Bounded: where too many fall together the later ones are dropped (layer §5.3). */
export interface AnchorTable {
  add(hash: number, block: number): void;
  /** Returns -1 when no block had this anchor. */
  find(hash: number): number;
}

const MIN_SLOT_BITS = 10;
const MAX_SLOT_BITS = 22;
const PROBES = 8;

/** A table for about so many anchors; 32 MiB at most. */
export function anchorTable(expected: number): AnchorTable {
  const slotBits = Math.min(MAX_SLOT_BITS, Math.max(MIN_SLOT_BITS, Math.ceil(Math.log2(expected * 2 + 1))));
  const mask = 2 ** slotBits - 1;
  const hashes = new Uint32Array(mask + 1);
  const blocks = new Uint32Array(mask + 1);
  const slotOf = (hash: number) => Math.imul(hash, 0x9e37_79b1) >>> (32 - slotBits);

  return {
    add(hash, block) {
      const slot = slotOf(hash);
      for (let probe = 0; probe < PROBES; probe += 1) {
        const at = (slot + probe) & mask;
        const held = hashes[at];
        if (held === hash) return;
        if (held === 0) {
          hashes[at] = hash;
          blocks[at] = block;
          return;
        }
      }
    },
    find(hash) {
      const slot = slotOf(hash);
      for (let probe = 0; probe < PROBES; probe += 1) {
        const at = (slot + probe) & mask;
        const held = hashes[at];
        if (held === hash) return blocks[at] ?? -1;
        if (held === 0) return -1;
      }
      return -1;
    },
  };
}
