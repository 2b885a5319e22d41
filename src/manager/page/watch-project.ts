import { join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { projectPaths, vmPaths } from '../../project/layout.ts';
import { isThere } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';
import { changesIn } from '../../sys/files/watch.ts';

/** Calls `tell` whenever a file of the project may have changed, whoever changed it; ends when `signal` does. */
export class ProjectWatch {
  readonly #folder: string;
  readonly #tell: () => void;
  readonly #signal: AbortSignal;
  readonly #watched = new Set<string>();

  constructor(folder: string, tell: () => void, signal: AbortSignal) {
    this.#folder = folder;
    this.#tell = tell;
    this.#signal = signal;
  }

  /** Watches every folder that is there and not watched yet: machines come while the page is open. */
  async look(): Promise<void> {
    const { vms, policies, packages } = projectPaths(this.#folder);
    const names = (await isThere(vms)) ? await namesIn(vms) : [];
    const repositories = [policies, packages].map((repository) => join(repository, 'metadata'));
    const machines = names.map((name) => vmPaths(this.#folder, name).folder);
    for (const folder of [this.#folder, vms, ...repositories, ...machines])
      if (!this.#watched.has(folder)) void this.#watch(folder);
  }

  /** A folder that goes is watched anew when it comes back. */
  async #watch(folder: string): Promise<void> {
    this.#watched.add(folder);
    try {
      let isFirst = true;
      for await (const _change of changesIn(folder, this.#signal)) {
        if (isFirst) isFirst = false;
        else await this.#changed();
        if (!(await isThere(folder))) break;
      }
    } catch (error) {
      // Gone before it was watched, or no folder at all: the page says so when it asks.
      if (error instanceof AppError) throw error;
    } finally {
      this.#watched.delete(folder);
    }
  }

  async #changed(): Promise<void> {
    this.#tell();
    await this.look();
  }
}
