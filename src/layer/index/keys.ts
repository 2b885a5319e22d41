import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * The key that blocks are found by: 32 bits that say little. A key only proposes: whoever finds a block compares its bytes,
 * so that two blocks of one key, by chance or by malice, cost bytes of a package and nothing else (layer §5.2).
 */
export function keyOf(block: Uint8Array): number {
  return crc32(block);
}

/** Finds numbered things by their keys. */
export interface KeyTable {
  /** The next number’s key; the first number with a key wins. What is beyond the table’s room is not found again. */
  add(key: number): void;
  /** Returns -1 when no number has this key. */
  find(key: number): number;
}

/** A table with room for so many keys, 9 to 14 bytes each. */
export function keyTable(capacity: number): KeyTable {
  const slotBits = Math.max(8, Math.ceil(Math.log2(capacity * 1.25 + 1)));
  const mask = 2 ** slotBits - 1;
  const numbers = new Uint32Array(mask + 1);
  const keys = new Uint32Array(capacity + 1);
  // Another one each time: nobody can make blocks whose keys all meet in one slot.
  const spread = 2 * randomInt(2 ** 30) + 1;
  let count = 0;

  /** The slot that has the key, or where it would go. */
  const slotOf = (key: number) => {
    let slot = Math.imul(key, spread) >>> (32 - slotBits);
    for (;;) {
      const number = numbers[slot] ?? 0;
      if (number === 0 || keys[number] === key) return slot;
      slot = (slot + 1) & mask;
    }
  };

  return {
    add(key) {
      if (count === capacity) return;
      count += 1;
      keys[count] = key;
      const slot = slotOf(key);
      if (numbers[slot] === 0) numbers[slot] = count;
    },
    find: (key) => (numbers[slotOf(key)] ?? 0) - 1,
  };
}
