import type { BlockFile } from '../../sys/files/bulk/blocks.ts';

/** Bytes of an entry: 64 bits, of which `high` are the upper half. */
export const ENTRY_BYTES = 8;
const CHUNK = 8192;

/** Gives entries one after the other, in ascending order. */
export interface EntrySource {
  high: number;
  low: number;
  /** Goes on to the next entry, and says whether there is one. */
  next(): boolean;
}

/** Entries that lie in a file, from a byte on; little-endian. Some are read ahead, of which `read` is told, with their place in bytes. */
export function entriesIn(
  file: BlockFile,
  at: number,
  count: number,
  read: (bytes: Buffer, place: number) => void = () => undefined,
): EntrySource {
  const bytes = Buffer.allocUnsafeSlow(CHUNK * ENTRY_BYTES);
  let given = 0;
  return {
    high: 0,
    low: 0,
    next() {
      if (given === count) return false;
      const place = given % CHUNK;
      if (place === 0) {
        const part = bytes.subarray(0, Math.min(CHUNK, count - given) * ENTRY_BYTES);
        file.read(part, at + given * ENTRY_BYTES);
        read(part, given * ENTRY_BYTES);
      }
      this.low = bytes.readUInt32LE(place * ENTRY_BYTES);
      this.high = bytes.readUInt32LE(place * ENTRY_BYTES + 4);
      given += 1;
      return true;
    },
  };
}

/** Of a source the entries that count. */
export function filtered(source: EntrySource, counts: (high: number, low: number) => boolean): EntrySource {
  return {
    high: 0,
    low: 0,
    next() {
      while (source.next()) {
        if (!counts(source.high, source.low)) continue;
        this.high = source.high;
        this.low = source.low;
        return true;
      }
      return false;
    },
  };
}

/** Some sources as one. There are few: each is looked at for every entry. */
export function merged(sources: readonly EntrySource[]): EntrySource {
  const heads = sources.filter((source) => source.next());
  return {
    high: 0,
    low: 0,
    next() {
      const [first, ...others] = heads;
      if (!first) return false;
      let least = first;
      for (const head of others) if (isBefore(head, least)) least = head;
      this.high = least.high;
      this.low = least.low;
      if (!least.next()) heads.splice(heads.indexOf(least), 1);
      return true;
    },
  };
}

function isBefore(a: EntrySource, b: EntrySource): boolean {
  return a.high < b.high || (a.high === b.high && a.low < b.low);
}

/** Writes entries to a file from a byte on, and tells of the bytes that it writes. */
export function entryWriter(file: BlockFile, from: number, written: (bytes: Buffer) => void = () => undefined) {
  const bytes = Buffer.allocUnsafeSlow(CHUNK * ENTRY_BYTES);
  let held = 0;
  let at = from;
  const flush = () => {
    const part = bytes.subarray(0, held);
    file.write(part, at);
    written(part);
    at += held;
    held = 0;
  };
  return {
    add(high: number, low: number) {
      bytes.writeUInt32LE(low, held);
      bytes.writeUInt32LE(high, held + 4);
      held += ENTRY_BYTES;
      if (held === bytes.length) flush();
    },
    /** Gives the byte behind the last entry. */
    end(): number {
      flush();
      return at;
    },
  };
}
