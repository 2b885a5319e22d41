import type { Progress } from '../../install/change/generation/apply.ts';

/**
 * Sends progress to one who may read slowly or not at all: while it writes, the newest waits, and what came before is
 * left out. Nobody waits for it.
 */
export class ProgressLine {
  readonly #write: (progress: Progress) => Promise<unknown>;
  #writing = false;
  #newest: Progress | undefined;

  constructor(write: (progress: Progress) => Promise<unknown>) {
    this.#write = write;
  }

  send(progress: Progress): void {
    this.#newest = progress;
    if (!this.#writing) void this.#writeNewest();
  }

  async #writeNewest(): Promise<void> {
    this.#writing = true;
    try {
      for (let next = this.#newest; next; next = this.#newest) {
        this.#newest = undefined;
        await this.#write(next);
      }
    } finally {
      this.#writing = false;
    }
  }
}
