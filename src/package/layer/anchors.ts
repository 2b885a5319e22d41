import { BLOCK } from './format.ts';

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

/** How many top bits of a hash must be zero for an anchor, in a disk with so many bytes of data. */
export function anchorBits(dataBytes: number): number {
  return DENSE_BITS + Math.max(0, Math.ceil(Math.log2(dataBytes / DENSE_BYTES)));
}

/**
 * Gives the anchors of one block: hashes of 32-byte windows that depend on nothing outside the block, so that they can
 * be found in any order and thread (layer §5.3). `give` is called with values from 1 to 2^32 − 1.
 */
export function anchorsOf(bytes: Uint8Array, at: number, bits: number, give: (hash: number) => void): void {
  const shift = 32 - bits;
  let hash = 0;
  const first = at + WINDOW - 1;
  for (let index = at; index < first; index += 1) hash = ((hash << 1) + (GEAR[bytes[index] ?? 0] ?? 0)) | 0;
  for (let index = first; index < at + BLOCK; index += 1) {
    hash = ((hash << 1) + (GEAR[bytes[index] ?? 0] ?? 0)) | 0;
    if (hash >>> shift === 0) give(hash === 0 ? 1 : hash);
  }
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
