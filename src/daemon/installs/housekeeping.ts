import { collect } from '../../install/change/generation/collect.ts';
import { flatten } from '../../install/change/generation/flatten.ts';
import { readInstances } from '../../install/state/instances.ts';
import { failureOf } from '../../lib/errors.ts';
import { Turns } from '../../lib/turns.ts';
import type { Log } from '../../sys/log.ts';

export interface HousekeepingDeps {
  state: string;
  log: Log;
  /** The machines that run on this computer, whoever started them, and the generation that each runs: what is removed is none of theirs. */
  inUse: () => Promise<ReadonlyMap<string, number>>;
  /** A machine is being started: it has not opened yet what it will run on. */
  isStarting: () => boolean;
}

/**
 * The queue of everything that changes what is installed, and what is done there when nothing else is: what no machine needs any more
 * is removed, and long chains of layers are made short.
 */
export class Housekeeping {
  readonly #deps: HousekeepingDeps;
  readonly #turns = new Turns();
  /** Installations bring what no machine names yet. */
  #installing = 0;
  #flattening = new AbortController();
  #isFlattening = false;
  #collecting: Promise<void> = Promise.resolve();
  /** The machines have been let go of: which generations they run is no longer known here. */
  #isEnding = false;

  constructor(deps: HousekeepingDeps) {
    this.#deps = deps;
  }

  /** Something is being installed: it may be a machine’s update. */
  get isInstalling(): boolean {
    return this.#installing > 0;
  }

  /** Does work that no other change may meet; what was being flattened waits, and is begun again afterwards. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const wasFlattening = this.#isFlattening;
    this.#stopFlattening();
    try {
      return await this.#turns.take(work);
    } finally {
      if (wasFlattening && !this.#isEnding) this.flattenSoon();
    }
  }

  /** While it works nothing is removed: it brings what no machine names yet. */
  async keepingAll<T>(work: () => Promise<T>): Promise<T> {
    this.#installing += 1;
    try {
      return await work();
    } finally {
      this.#installing -= 1;
      await this.tidy();
    }
  }

  /** Removes what no machine needs any more, as soon as no other change is under way; a failure is logged. */
  async tidy(): Promise<void> {
    await this.#turns.take(() => this.tidyNow());
  }

  /** The same for one who has the turn already. What cannot be removed now is removed another time: what was done before is done. */
  async tidyNow(): Promise<void> {
    await this.#collect().catch((error: unknown) => this.#deps.log.error(failureOf(error), 'cannot tidy up'));
  }

  /** Whatever is being collected now knows nothing of a start that begins now: it waits. */
  untilCollected(): Promise<void> {
    return this.#collecting;
  }

  /** Makes long chains short once nothing else is to be done; whatever comes meanwhile does not wait for it. */
  flattenSoon(): void {
    const { state, log } = this.#deps;
    const { signal } = this.#flattening;
    this.#isFlattening = true;
    this.#turns
      .take(async () => {
        let isShorter = false;
        for (const instance of await readInstances(state)) isShorter = (await flatten(instance, signal)) || isShorter;
        if (isShorter) await this.#collect();
      })
      .catch((error: unknown) => {
        if (!signal.aborted) log.error(failureOf(error), 'cannot flatten a chain of layers');
      })
      .finally(() => {
        if (!signal.aborted) this.#isFlattening = false;
      });
  }

  /** From now on nothing is removed any more. */
  end(): void {
    this.#isEnding = true;
    this.#stopFlattening();
  }

  /** Removes what no machine needs any more; never while an installation brings what no machine names yet. */
  async #collect(): Promise<void> {
    const { state, inUse, isStarting } = this.#deps;
    if (isStarting() || this.#installing > 0 || this.#isEnding) return;
    const collecting = inUse().then((used) => collect(state, used));
    this.#collecting = collecting.catch(() => undefined);
    await collecting;
  }

  #stopFlattening(): void {
    this.#isFlattening = false;
    this.#flattening.abort();
    this.#flattening = new AbortController();
  }
}
