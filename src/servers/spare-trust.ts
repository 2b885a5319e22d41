import { join } from 'node:path';
import { AppError } from '../lib/errors.ts';
import { copyFileTo } from '../sys/files/files.ts';
import { makeFolder, namesIn, removeFolder } from '../sys/files/folders.ts';

const MAX_BYTES = 4 << 20;

/** Whether something failed because this computer keeps nothing more: its disk is full, or may only be read. */
export function isUnsaved(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === 'DISK_FULL' || error.code === 'FILE_DENIED');
}

/**
 * What is verified is kept in the trust folder. While that takes nothing, it is verified in a copy on another file system,
 * so that a full disk does not keep a computer on an old policy; the copy ends with the service, and never replaces the folder.
 */
export class SpareTrust {
  readonly #folder: string;
  readonly #spare: string | undefined;
  #isCopied = false;

  constructor(folder: string, spare: string | undefined) {
    this.#folder = folder;
    this.#spare = spare;
  }

  /** Does work that verifies and keeps, in the one folder or the other. @throws what `work` throws */
  async verify<T>(work: (folder: string) => Promise<T>): Promise<T> {
    try {
      return await work(this.#folder);
    } catch (error) {
      if (this.#spare === undefined || !isUnsaved(error)) throw error;
      return work(await this.#copied(this.#spare));
    }
  }

  /** Copied once: what was seen in the copy since is not forgotten. */
  async #copied(spare: string): Promise<string> {
    if (this.#isCopied) return spare;
    await removeFolder(spare);
    await makeFolder(spare, 0o700);
    for (const name of (await namesIn(this.#folder)).filter((each) => /^[a-z].*\.json$/.test(each)))
      await copyFileTo(join(this.#folder, name), join(spare, name), MAX_BYTES);
    this.#isCopied = true;
    return spare;
  }
}
