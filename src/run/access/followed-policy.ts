import { AppError, failureOf } from '../../lib/errors.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import { pause } from '../../sys/pause.ts';
import type { LoggedEvent } from '../computer/events.ts';
import type { PolicySource } from '../machine/spec.ts';
import { watchAgainMs } from './schedule.ts';

/** Writes an event of the machine’s. */
export type Note = (kind: LoggedEvent['kind'], text: string, details?: object) => Promise<void>;

/** A look-up that fails: its last cause, and when the first of those in a row failed, in ISO time. */
export interface LookUpFailure {
  code: AppError['code'];
  reason: string;
  since: string;
}

/** What a policy server answered, or what may still hold and why it did not. */
export interface Found {
  policy: CurrentPolicy;
  error?: AppError;
}

/** The policy that an installed machine is under, as new as its policy server lets it be. */
export class FollowedPolicy {
  readonly #source: PolicySource;
  readonly #note: Note;
  readonly #signal: AbortSignal;
  #current: CurrentPolicy;
  #lookupFailed: LookUpFailure | undefined;
  #failures = 0;

  /** Until `signal` is given. */
  constructor(source: PolicySource, current: CurrentPolicy, note: Note, signal: AbortSignal) {
    this.#source = source;
    this.#current = current;
    this.#note = note;
    this.#signal = signal;
  }

  get current(): CurrentPolicy {
    return this.#current;
  }

  /** How many look-ups have failed since the last that did not. */
  get failures(): number {
    return this.#failures;
  }

  /** Why the last look-up failed, and since when they do; undefined when it did not. */
  get lookUpFailed(): LookUpFailure | undefined {
    return this.#lookupFailed;
  }

  /** Asks the policy server, however long it takes. Nothing follows from the answer before `take` gets it. */
  async fetch(): Promise<Found> {
    try {
      return { policy: await this.#source.lookUp(this.#signal) };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { ...(await this.kept()), error };
    }
  }

  /** What holds without asking anybody, such as what a package just brought. */
  async kept(): Promise<Found> {
    return { policy: await this.#source.current() };
  }

  /** Makes what a look-up found current, unless something newer came meanwhile. */
  async take({ policy, error }: Found): Promise<void> {
    if (error) await this.#failed(error);
    else {
      this.#lookupFailed = undefined;
      this.#failures = 0;
    }
    await this.become(policy);
  }

  async #failed(error: AppError): Promise<void> {
    const isNew = this.#lookupFailed?.code !== error.code;
    const since = this.#lookupFailed?.since ?? new Date(await this.#source.now()).toISOString();
    this.#lookupFailed = { code: error.code, reason: error.message, since };
    this.#failures += 1;
    if (isNew && !this.#signal.aborted) await this.#note('lookup-failed', error.message, failureOf(error));
  }

  /** Makes a policy current, unless a newer one is. */
  async become(policy: CurrentPolicy): Promise<void> {
    const { serial: before } = this.#current.document;
    const { serial } = policy.document;
    if (serial < before) return;
    this.#current = policy;
    if (serial !== before) await this.#note('policy', `policy ${serial} in force`, { from: before, to: serial });
  }

  /** Has the policy looked up as soon as its server says that there is something new; a plain server is not asked. */
  async watch(lookUp: () => Promise<void>): Promise<void> {
    for (let failures = 0; !this.#signal.aborted; ) {
      try {
        const watched = await this.#source.watch(this.#signal);
        if (watched === 'unsupported') return;
        if (watched === 'changed') {
          const { serial } = this.#current.document;
          await lookUp();
          // A server that speaks of news and has none is not asked over and over.
          if (this.#current.document.serial === serial) await pause(watchAgainMs(1, Math.random()), this.#signal);
        }
        failures = 0;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        failures += 1;
        await pause(watchAgainMs(failures, Math.random()), this.#signal);
      }
    }
  }
}
