import { randomUUID } from 'node:crypto';
import type { TaskAnswer, TaskKind, TaskProgress, TaskResult } from '../../api/manager/tasks.ts';
import { AppError, type Failure, failureOf } from '../../lib/errors.ts';
import { rateLeft } from '../../lib/rate-left.ts';
import type { Clock } from '../../sys/clock.ts';

const MAX_LINES = 200;
const MAX_LINE = 500;

/** What a job is given: how it says how far it is, and by what it is ended. */
export interface TaskControl {
  readonly id: string;
  readonly signal: AbortSignal;
  /** A part that has no amounts, or amounts done of all. */
  part(
    part: TaskProgress['part'],
    of?: string,
    amounts?: { unit: 'bytes' | 'files'; done: number; total: number },
  ): void;
  /** A line for its log. */
  say(text: string): void;
}

export type Job<Kind extends TaskKind> = (control: TaskControl) => Promise<TaskResult<Kind>>;

interface TaskOptions<Kind extends TaskKind> {
  kind: Kind;
  about: string;
  job: Job<Kind>;
  clock: Clock;
  /** Told whenever it has something new to say. */
  onChange: () => void;
}

/** A long job: how far it is, what happened, and what it came to. It never rejects. */
export class Task implements TaskControl {
  readonly id = randomUUID();
  readonly about: string;
  /** Settles when the job has ended, and has put away what it made where it was cancelled. */
  readonly ended: Promise<void>;
  readonly #kind: TaskKind;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #cancel = new AbortController();
  readonly #startedAt: string;
  readonly #log: { at: string; text: string }[] = [];
  #endedAt: string | undefined;
  #progress: TaskProgress | undefined;
  #partBegan = 0;
  #result: unknown;
  #failure: Failure | undefined;

  constructor({ kind, about, job, clock, onChange }: TaskOptions<TaskKind>) {
    this.#kind = kind;
    this.about = about;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#startedAt = this.#now();
    this.ended = this.#run(job);
  }

  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  get isOver(): boolean {
    return this.#endedAt !== undefined;
  }

  cancel(): void {
    if (this.isOver || this.signal.aborted) return;
    this.#cancel.abort(new AppError('INTERRUPTED', `${this.about} was cancelled`));
    this.#onChange();
  }

  part(
    part: TaskProgress['part'],
    of?: string,
    amounts?: { unit: 'bytes' | 'files'; done: number; total: number },
  ): void {
    const now = this.#clock();
    if (this.#progress?.part !== part || this.#progress.of !== of) this.#partBegan = now;
    const rate = amounts && rateLeft(amounts.done, amounts.total, now - this.#partBegan);
    this.#progress = {
      part,
      ...(of === undefined ? {} : { of }),
      ...(amounts ? { amounts: { ...amounts, ...rate } } : {}),
    };
    this.#onChange();
  }

  say(text: string): void {
    this.#log.push({ at: this.#now(), text: text.slice(0, MAX_LINE) });
    if (this.#log.length > MAX_LINES) this.#log.shift();
    this.#onChange();
  }

  /** What is known of it, with the last lines of its log. */
  answer(lines = MAX_LINES): TaskAnswer {
    return {
      ...{ id: this.id, kind: this.#kind, about: this.about, state: this.#state, startedAt: this.#startedAt },
      ...(this.#endedAt === undefined ? {} : { endedAt: this.#endedAt }),
      ...(this.#progress ? { progress: this.#progress } : {}),
      log: this.#log.slice(-lines),
      ...(this.#result === undefined ? {} : { result: this.#result }),
      ...(this.#failure ? { failure: told(this.#failure) } : {}),
    } as TaskAnswer;
  }

  get #state(): TaskAnswer['state'] {
    if (!this.isOver) return this.signal.aborted ? 'ending' : 'running';
    if (!this.#failure) return 'done';
    return this.signal.aborted ? 'cancelled' : 'failed';
  }

  async #run(job: Job<TaskKind>): Promise<void> {
    // What a job asks of its task it finds whole.
    await Promise.resolve();
    try {
      this.#result = await job(this);
    } catch (error) {
      this.#failure = failureOf(this.signal.aborted ? this.signal.reason : error);
    }
    this.#progress = undefined;
    this.#endedAt = this.#now();
    this.#onChange();
  }

  #now(): string {
    return new Date(this.#clock()).toISOString();
  }
}

/** Details stay in the process: they are for programs. */
function told({ code, reason, remedy }: Failure) {
  return { code, reason, remedy };
}
