import { passTrial, readTrial, type Trial, writeTrial } from '../install/trial.ts';
import { parseDuration } from '../lib/duration.ts';
import { AppError } from '../lib/errors.ts';
import type { LoggedEvent } from '../run/events.ts';

export interface TrialSubject {
  state: string;
  vm: string;
  generation: number;
  /** How long the guest may take from a start to its report, as the policy has it: `5m`. */
  timeout: string;
  log: (kind: LoggedEvent['kind'], text: string) => Promise<void>;
  onFailure: (error: unknown) => void;
}

/**
 * Waits for a new generation’s guest to report itself healthy. In time, the trial is passed; too late, the generation is
 * given up, and the machine’s next start goes back.
 */
export class TrialWatch implements Disposable {
  readonly #subject: TrialSubject;
  #trial: Trial;
  #unhealthy = false;
  #hasPassed = false;
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

  /** Counts a start, before it is made: whatever ends it, it was one. */
  async countStart(): Promise<void> {
    await this.#save({ ...this.#trial, starts: this.#trial.starts + 1 });
  }

  /** Takes a start back that failed for reasons that are not the guest’s. */
  async discountStart(): Promise<void> {
    await this.#save({ ...this.#trial, starts: this.#trial.starts - 1 });
  }

  /** From now on the time runs. */
  run(): void {
    const { timeout, onFailure } = this.#subject;
    this.#timer = setTimeout(() => this.#giveUp().catch(onFailure), parseDuration(timeout));
    this.#timer.unref();
  }

  /** The guest has reported itself. */
  async hello(healthy: boolean): Promise<void> {
    const { state, vm, generation, log } = this.#subject;
    if (this.#hasPassed || this.#trial.failed !== undefined) return;
    this.#unhealthy = !healthy;
    if (!healthy) return;
    this.#hasPassed = true;
    clearTimeout(this.#timer);
    await passTrial(state, vm, generation);
    await log('healthy', `generation ${generation} reported itself healthy`);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  async #giveUp(): Promise<void> {
    const how = this.#unhealthy ? 'its own health command still failed after' : 'its guest did not say hello within';
    const failed = `${how} ${this.#subject.timeout}`;
    await this.#save({ ...this.#trial, failed });
    await this.#subject.log('unhealthy', `${failed}: the next start goes back to the former system`);
  }

  async #save(trial: Trial): Promise<void> {
    const { state, vm, generation } = this.#subject;
    await writeTrial(state, vm, generation, trial);
    this.#trial = trial;
  }
}

/** Starts a machine whose generation may be on trial. QEMU that ends at once is that generation’s fault; all else is not. */
export async function startOnTrial<T>(watch: TrialWatch | undefined, start: () => Promise<T>): Promise<T> {
  await watch?.countStart();
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'VM_FAILED')) await watch?.discountStart();
    throw error;
  }
}
