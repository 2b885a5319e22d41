import { BlockFile } from '../../sys/files/bulk/blocks.ts';
import { ENTRY_BYTES, type EntrySource, entriesIn, merged } from './entries.ts';

/** As many entries as are sorted at a time. */
const AT_ONCE = 1 << 20;

/** Sorts entries, however many there are: what does not fit in memory waits in a file. */
export class EntrySorter implements Disposable {
  readonly #path: string;
  readonly #atOnce: number;
  readonly #held: BigUint64Array<ArrayBuffer>;
  #count = 0;
  #file: BlockFile | undefined;
  readonly #runs: { at: number; count: number }[] = [];

  /** The file, of that name, must not exist; whoever chose it removes it. */
  constructor(path: string, atOnce = AT_ONCE) {
    this.#path = path;
    this.#atOnce = atOnce;
    this.#held = new BigUint64Array(atOnce);
  }

  add(entries: BigUint64Array): void {
    for (let done = 0; done < entries.length; ) {
      const part = entries.subarray(done, done + this.#atOnce - this.#count);
      this.#held.set(part, this.#count);
      this.#count += part.length;
      done += part.length;
      if (this.#count === this.#atOnce) this.#spill();
    }
  }

  /** All that was added, in ascending order, to be read once; nothing may be added any more. */
  sorted(): EntrySource {
    if (this.#runs.length === 0) return entriesOf(this.#sortHeld());
    this.#spill();
    const file = this.#opened();
    return merged(this.#runs.map(({ at, count }) => entriesIn(file, at, count)));
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }

  #opened(): BlockFile {
    this.#file ??= new BlockFile(this.#path, 'create');
    return this.#file;
  }

  #sortHeld(): BigUint64Array {
    return this.#held.subarray(0, this.#count).sort();
  }

  #spill(): void {
    const run = this.#sortHeld();
    const last = this.#runs.at(-1);
    const at = last ? last.at + last.count * ENTRY_BYTES : 0;
    this.#opened().write(new Uint8Array(run.buffer, run.byteOffset, run.byteLength), at);
    this.#runs.push({ at, count: run.length });
    this.#count = 0;
  }
}

function entriesOf(entries: BigUint64Array): EntrySource {
  const words = new Uint32Array(entries.buffer, entries.byteOffset, 2 * entries.length);
  let at = 0;
  return {
    high: 0,
    low: 0,
    next() {
      if (at === words.length) return false;
      this.low = words[at] ?? 0;
      this.high = words[at + 1] ?? 0;
      at += 2;
      return true;
    },
  };
}
