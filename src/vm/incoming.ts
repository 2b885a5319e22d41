import { AppError } from '../lib/errors.ts';

/** Bytes as they come, taken in the lengths that a protocol has; no more is held than is asked for at once, and what came with it. */
export class Incoming {
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #what: string;
  #held: Buffer = Buffer.alloc(0);

  /** `what`: who speaks. */
  constructor(bytes: AsyncIterable<Buffer>, what: string) {
    this.#pieces = bytes[Symbol.asyncIterator]();
    this.#what = what;
  }

  /** @throws VM_FAILED where they end before */
  async take(bytes: number): Promise<Buffer> {
    while (this.#held.length < bytes) this.#held = Buffer.concat([this.#held, await this.#next()]);
    const taken = Buffer.from(this.#held.subarray(0, bytes));
    this.#held = this.#held.subarray(bytes);
    return taken;
  }

  /** @throws VM_FAILED where they end before */
  async skip(bytes: number): Promise<void> {
    let left = bytes;
    while (left > this.#held.length) {
      left -= this.#held.length;
      this.#held = await this.#next();
    }
    this.#held = this.#held.subarray(left);
  }

  async #next(): Promise<Buffer> {
    const { value, done } = await this.#pieces.next();
    if (done) throw new AppError('VM_FAILED', `${this.#what} ended in the middle of a message`);
    return value;
  }
}
