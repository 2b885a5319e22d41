import { AppError } from './errors.ts';

const MAX_BYTES = 8;

/**
 * Bytes that grow, written front to back: unsigned LEB128 numbers in their shortest form, signed ones as zigzag.
 * The same numbers always give the same bytes.
 */
export class VarintWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** What has been written so far; valid until the next write. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A whole number from 0 to 2^53 − 1. */
  write(value: number): void {
    if (this.#length + MAX_BYTES > this.#bytes.length) this.#grow();
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A whole number between −2^52 and 2^52. */
  writeSigned(value: number): void {
    this.write(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Reads such numbers back. Every read throws LAYER_INVALID for a number that is cut, not in its shortest form, or too large. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** @throws LAYER_INVALID */
  read(): number {
    const first = this.#bytes[this.#at++];
    if (first !== undefined && first < 128) return first;
    if (first === undefined) throw bad('ends inside the list');
    let value = first - 128;
    for (let count = 1, scale = 128; count < MAX_BYTES; count += 1, scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw bad('ends inside the list');
      value += (byte % 128) * scale;
      if (byte >= 128) continue;
      if (byte === 0) throw bad('is not in its shortest form');
      if (value > Number.MAX_SAFE_INTEGER) break;
      return value;
    }
    throw bad('is too large');
  }

  /** @throws LAYER_INVALID */
  readSigned(): number {
    const value = this.read();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

function bad(how: string): AppError {
  return new AppError('LAYER_INVALID', `a number of the block map ${how}`);
}
