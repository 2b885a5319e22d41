import type { BlockFile } from './blocks.ts';

/** As much as is written before it is begun to bring it to the disk. */
const STEP_BYTES = 32 << 20;

/**
 * Brings a file to the disk while it is still being written, so that the sync that must be waited for finds little left.
 * What the disk says no to is thrown when this is disposed of: it says so only once.
 */
export class WriteBehind implements AsyncDisposable {
  readonly #file: BlockFile;
  #begunAt = 0;
  #isSyncing = false;
  #synced: Promise<void> = Promise.resolve();

  constructor(file: BlockFile) {
    this.#file = file;
  }

  /** To be told now and then how many bytes are written. */
  written(bytes: number): void {
    if (this.#isSyncing || bytes - this.#begunAt < STEP_BYTES) return;
    this.#begunAt = bytes;
    this.#isSyncing = true;
    this.#synced = this.#file.syncBeside().then(() => {
      this.#isSyncing = false;
    });
    this.#synced.catch(() => undefined);
  }

  /** @throws DISK_FULL, FILE_INVALID */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#synced;
  }
}
