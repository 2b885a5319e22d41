import { hash } from 'node:crypto';

/** Finds blocks by the first 64 bits of their SHA-256. A key only proposes: whoever finds a block compares its bytes (layer §5.2). */
export interface KeyTable {
  /** The first block with a key wins. */
  add(high: number, low: number, block: number): void;
  /** Returns -1 when no block has this key. */
  find(high: number, low: number): number;
}

/** A table with room for so many keys, about 18 bytes each. */
export function keyTable(capacity: number): KeyTable {
  const slots = 2 ** Math.max(8, Math.ceil(Math.log2(capacity * 1.25 + 1)));
  const mask = slots - 1;
  const entryAt = new Uint32Array(slots);
  const highs = new Uint32Array(capacity + 1);
  const lows = new Uint32Array(capacity + 1);
  const blocks = new Uint32Array(capacity + 1);
  let count = 0;

  return {
    add(high, low, block) {
      for (let slot = low & mask; ; slot = (slot + 1) & mask) {
        const entry = entryAt[slot] ?? 0;
        if (entry === 0) {
          count += 1;
          entryAt[slot] = count;
          highs[count] = high;
          lows[count] = low;
          blocks[count] = block;
          return;
        }
        if (highs[entry] === high && lows[entry] === low) return;
      }
    },
    find(high, low) {
      for (let slot = low & mask; ; slot = (slot + 1) & mask) {
        const entry = entryAt[slot] ?? 0;
        if (entry === 0) return -1;
        if (highs[entry] === high && lows[entry] === low) return blocks[entry] ?? -1;
      }
    },
  };
}

/** The key of a block as two 32-bit numbers, written to `into` at `at`. */
export function writeKey(block: Uint8Array, into: Uint32Array, at: number): void {
  const digest = hash('sha256', block, 'buffer');
  into[at] = digest.readUInt32BE(0);
  into[at + 1] = digest.readUInt32BE(4);
}
