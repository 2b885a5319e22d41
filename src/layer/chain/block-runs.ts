/**
 * A map from block numbers to block numbers that goes on in runs: little memory for a disk of any size, unless it is all
 * in pieces.
 */
export class BlockRuns {
  /** Threes of first number, what it leads to, count; ascending. */
  #words: Uint32Array;
  #held: number;

  /** With the words of another, or empty. */
  constructor(words: Uint32Array = new Uint32Array(0)) {
    this.#words = words;
    this.#held = words.length;
  }

  /** Plain data, of which a thread can make the same map. */
  get words(): Uint32Array {
    return this.#words.subarray(0, this.#held);
  }

  /** Adds numbers above all that are there. */
  add(first: number, to: number, n = 1): void {
    const last = this.#held - 3;
    const count = this.#words[last + 2] ?? 0;
    if (last >= 0 && this.#words[last] === first - count && this.#words[last + 1] === to - count) {
      this.#words[last + 2] = count + n;
      return;
    }
    if (this.#held + 3 > this.#words.length) {
      const more = new Uint32Array(Math.max(192, 2 * this.#words.length));
      more.set(this.words);
      this.#words = more;
    }
    this.#words[this.#held] = first;
    this.#words[this.#held + 1] = to;
    this.#words[this.#held + 2] = n;
    this.#held += 3;
  }

  /** What a number leads to; -1 where it leads nowhere. */
  at(number: number): number {
    const run = this.#runAt(number);
    const first = this.#words[run] ?? 0;
    const isIn = run < this.#held && first <= number;
    return isIn ? (this.#words[run + 1] ?? 0) + number - first : -1;
  }

  /** Gives the runs of some numbers: first number, what it leads to, count. Numbers that lead nowhere are left out. */
  *within(first: number, n: number): Generator<[first: number, to: number, n: number]> {
    const end = first + n;
    for (let run = this.#runAt(first); run < this.#held; run += 3) {
      const [from = 0, to = 0, count = 0] = this.#words.subarray(run, run + 3);
      if (from >= end) return;
      const begin = Math.max(from, first);
      yield [begin, to + begin - from, Math.min(from + count, end) - begin];
    }
  }

  /** What some numbers, all of which lead somewhere, lead to. */
  slice(first: number, n: number): Uint32Array {
    const blocks = new Uint32Array(n);
    for (const [from, to, count] of this.within(first, n))
      for (let index = 0; index < count; index += 1) blocks[from - first + index] = to + index;
    return blocks;
  }

  equals(other: BlockRuns): boolean {
    const { words } = other;
    return words.length === this.#held && words.every((word, index) => word === this.#words[index]);
  }

  /** The place of the first run that ends behind a number. */
  #runAt(number: number): number {
    let [low, high] = [0, this.#held / 3];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const end = (this.#words[3 * middle] ?? 0) + (this.#words[3 * middle + 2] ?? 0);
      if (end <= number) low = middle + 1;
      else high = middle;
    }
    return 3 * low;
  }
}
