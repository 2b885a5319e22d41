import { copyFolder, removeFolder } from '../sys/files/folders.ts';
import type { InTurn } from '../trust/verify/refresh.ts';
import { isUnsaved } from './policy-cache.ts';

/**
 * What is verified is kept in the trust folder. While that takes nothing, it is verified in a copy on another file system,
 * so that a full disk does not keep a computer on an old policy; the copy ends with the service, and never replaces the folder.
 */
export class SpareTrust {
  readonly #folder: string;
  readonly #spare: string | undefined;
  #copying: Promise<string> | undefined;

  constructor(folder: string, spare: string | undefined) {
    this.#folder = folder;
    this.#spare = spare;
  }

  /** Does work that verifies and keeps, in the one folder or the other. @throws what `work` throws */
  async verify<T>(work: (folder: string) => Promise<T>, inTurn: InTurn): Promise<T> {
    try {
      return await work(this.#folder);
    } catch (error) {
      if (this.#spare === undefined || !isUnsaved(error)) throw error;
      return work(await this.#copied(this.#spare, inTurn));
    }
  }

  /** Copied once: what was seen in the copy since is not forgotten. */
  #copied(spare: string, inTurn: InTurn): Promise<string> {
    const copying = this.#copying ?? inTurn(() => this.#copy(spare));
    this.#copying = copying;
    copying.catch(() => {
      this.#copying = undefined;
    });
    return copying;
  }

  async #copy(spare: string): Promise<string> {
    await removeFolder(spare);
    await copyFolder(this.#folder, spare);
    return spare;
  }
}
