import { setTimeout as pause } from 'node:timers/promises';
import { passTrial, readTrial, type Trial, writeTrial } from '../../install/state/machine/trial.ts';
import { parseDuration } from '../../lib/duration.ts';
import { AppError } from '../../lib/errors.ts';
import type { LoggedEvent } from '../../run/computer/events.ts';

export interface TrialSubject {
  state: string;
  vm: string;
  generation: number;
  /** How long the guest may take from a start to its report, as the policy has it: `5m`. */
  timeout: string;
  now: () => number;
  /** Does work that no change of what is installed may meet. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  log: (kind: LoggedEvent['kind'], text: string) => Promise<void>;
  onFailure: (error: unknown) => void;
}

/** What a guest gets, however late the service is: one that spoke while there was none says it again within that time. */
const GRACE_MS = 30_000;
/** How long a guest is kept waiting for its answer while another change is under way. */
const PATIENCE_MS = 5_000;

/**
 * Waits for a new generation’s guest to report itself healthy. In time, the trial is passed; too late, the generation is
 * given up, and the machine’s next start goes back.
 */
export class TrialWatch implements Disposable {
  readonly #subject: TrialSubject;
  #trial: Trial;
  #unhealthy = false;
  #passing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(subject: TrialSubject, trial: Trial) {
    this.#subject = subject;
    this.#trial = trial;
  }

  /** The watch over a generation, or undefined when it has no trial to pass. */
  static async open(subject: TrialSubject): Promise<TrialWatch | undefined> {
    const trial = await readTrial(subject.state, subject.vm, subject.generation);
    return trial && trial.failed === undefined ? new TrialWatch(subject, trial) : undefined;
  }

  /** Counts a start, before it is made: whatever ends it, it was one. Who goes on where he was has his time anew, and no start less. */
  async countStart(isBoot: boolean): Promise<void> {
    const starts = this.#trial.starts + (isBoot ? 1 : 0);
    await this.#save({ ...this.#trial, starts, startedAt: this.#subject.now() });
  }

  /** Takes a start back that failed for reasons that are not the guest’s; where that cannot be written, why it failed is what is told. */
  async discountStart(): Promise<void> {
    const trial = { ...this.#trial, starts: this.#trial.starts - 1 };
    await this.#save(trial).catch(this.#subject.onFailure);
  }

  /** Gives the generation up when its time is over, which began with its start, whatever service that was under. */
  run(): void {
    const { timeout, now, onFailure } = this.#subject;
    const timeoutMs = parseDuration(timeout) ?? 0;
    // A clock that was set back gives no more than the whole time.
    const passedMs = Math.max(0, now() - (this.#trial.startedAt ?? now()));
    const leftMs = Math.max(timeoutMs - passedMs, Math.min(timeoutMs, GRACE_MS));
    this.#timer = setTimeout(() => this.#giveUp().catch(onFailure), leftMs);
    this.#timer.unref();
  }

  /** The guest has reported itself. Gives whether that is known for good; a guest that gets a no says it again. */
  async hello(healthy: boolean): Promise<boolean> {
    if (this.#trial.failed !== undefined) return true;
    if (!healthy && this.#passing === undefined) this.#unhealthy = true;
    if (!healthy) return true;
    clearTimeout(this.#timer);
    this.#passing ??= this.#pass();
    const patience = new AbortController();
    try {
      const late = pause(PATIENCE_MS, false, { signal: patience.signal, ref: false }).catch(() => false);
      return await Promise.race([this.#passing.then(() => true), late]);
    } finally {
      patience.abort();
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  async #pass(): Promise<void> {
    const { state, vm, generation, inTurn, log } = this.#subject;
    try {
      await inTurn(() => passTrial(state, vm, generation));
      await log('healthy', `generation ${generation} reported itself healthy`);
    } catch (error) {
      this.#passing = undefined;
      this.run();
      throw error;
    }
  }

  async #giveUp(): Promise<void> {
    const how = this.#unhealthy ? 'its own health command still failed after' : 'its guest did not say hello within';
    const failed = `${how} ${this.#subject.timeout}`;
    const isGivenUp = await this.#subject.inTurn(async () => {
      if (this.#passing !== undefined) return false;
      await this.#save({ ...this.#trial, failed });
      return true;
    });
    if (isGivenUp) await this.#subject.log('unhealthy', `${failed}: the next start goes back to the former system`);
  }

  async #save(trial: Trial): Promise<void> {
    const { state, vm, generation } = this.#subject;
    await writeTrial(state, vm, generation, trial);
    this.#trial = trial;
  }
}

/** Starts a machine whose generation may be on trial. QEMU that ends at once is that generation’s fault; all else is not. */
export async function startOnTrial<T>(
  watch: TrialWatch | undefined,
  start: () => Promise<T>,
  isBoot = true,
): Promise<T> {
  await watch?.countStart(isBoot);
  try {
    return await start();
  } catch (error) {
    if (isBoot && !(error instanceof AppError && error.code === 'VM_FAILED')) await watch?.discountStart();
    throw error;
  }
}
