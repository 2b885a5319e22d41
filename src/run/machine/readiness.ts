import { AppError } from '../../lib/errors.ts';
import { pause } from '../../sys/pause.ts';

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5000;
const LOOK_MS = 50;

/** Asks a guest whether it has its address, and gives whether it has answered what it was asked before. */
type AskGuest = () => Promise<boolean>;

/** Since when a machine is ready: its guest has its address. Asks less and less often while it has none. */
export class Readiness implements AsyncDisposable {
  readonly #askGuest: AskGuest;
  readonly #now: () => Promise<number>;
  readonly #onFailure: (error: unknown) => void;
  #since: string | undefined;
  #boot = new AbortController();
  #asking: Promise<void>;

  constructor(askGuest: AskGuest, now: () => Promise<number>, onFailure: (error: unknown) => void) {
    this.#askGuest = askGuest;
    this.#now = now;
    this.#onFailure = onFailure;
    this.#asking = this.#ask(this.#boot.signal).catch(onFailure);
  }

  /** When the guest was first found with its address, in ISO time; undefined while it has none. */
  get since(): string | undefined {
    return this.#since;
  }

  /** The guest was reset: it has to come up again. */
  beginAgain(): void {
    this.#boot.abort();
    this.#boot = new AbortController();
    this.#since = undefined;
    const { signal } = this.#boot;
    this.#asking = this.#asking.then(() => this.#ask(signal)).catch(this.#onFailure);
  }

  /** Waits until the guest has its address; false when `signal` ends first. */
  async until(signal: AbortSignal): Promise<boolean> {
    while (this.#since === undefined && !signal.aborted) await pause(LOOK_MS, signal);
    return this.#since !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#boot.abort();
    await this.#asking;
  }

  async #ask(signal: AbortSignal): Promise<void> {
    // What it says to an earlier question is no answer: the guest may have been reset meanwhile.
    await this.#hasAnswered();
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 1.1, MAX_PAUSE_MS)) {
      await pause(pauseMs, signal);
      const hasAddress = !signal.aborted && (await this.#hasAnswered());
      const now = await this.#now();
      if (signal.aborted) return;
      if (hasAddress) this.#since = new Date(now).toISOString();
      if (hasAddress) return;
    }
  }

  async #hasAnswered(): Promise<boolean> {
    try {
      return await this.#askGuest();
    } catch (error) {
      // A machine that ends takes its network with it; one that stays is asked again.
      if (!(error instanceof AppError)) throw error;
      return false;
    }
  }
}
