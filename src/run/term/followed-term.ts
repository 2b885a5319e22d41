import { failureOf } from '../../lib/errors.ts';
import type { Term } from '../../policy/parts/term.ts';
import type { PolicyDocument } from '../../policy/schema.ts';
import type { Log } from '../../sys/log.ts';
import { pause } from '../../sys/pause.ts';
import type { Note } from '../access/followed-policy.ts';
import { type Ending, nextStep } from './ending.ts';
import type { KnownTerm } from './known-term.ts';

const LOOK_MS = 20_000;

/** What can be done with a machine that runs. */
interface EndableMachine {
  policy: () => PolicyDocument;
  /** Saves its memory, and ends it. @throws what keeps it from that */
  suspend: () => Promise<void>;
  /** @throws VM_FAILED, as the others */
  pressPowerButton: () => Promise<void>;
  hold: () => Promise<void>;
  goOn: () => Promise<void>;
}

export interface FollowedTermParts {
  known: KnownTerm;
  machine: EndableMachine;
  note: Note;
  log: Log;
  lookMs?: number;
  /** Milliseconds of a clock that only runs forward. */
  clock?: () => number;
}

/** Has a running machine warned when its time comes to its end, and ends it in good order when it is over. */
export class FollowedTerm implements AsyncDisposable {
  readonly #parts: FollowedTermParts;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  #said: Term['state'] = 'valid';
  #ending: Ending = {};

  constructor(parts: FollowedTermParts) {
    this.#parts = parts;
    this.#following = this.#follow();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#parts.known.end();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    const { lookMs = LOOK_MS } = this.#parts;
    while (!signal.aborted) {
      await this.#look().catch((error: unknown) => this.#tellFailure(error));
      await pause(lookMs, signal);
    }
  }

  async #look(): Promise<void> {
    const { known, machine } = this.#parts;
    const document = machine.policy();
    await known.lookInTime(document).catch((error: unknown) => {
      this.#tellFailure(error);
      known.lookWithout(document.policy.expiration);
    });
    if (this.#stop.signal.aborted) return;
    await this.#say(known.term);
    await this.#act(known);
  }

  async #say(term: Term): Promise<void> {
    if (term.state === this.#said) return;
    this.#said = term.state;
    await this.#parts.note('expiration', termText(term), { state: term.state, ...endDetails(term) });
  }

  async #act(known: KnownTerm): Promise<void> {
    const { note, machine, clock = () => performance.now() } = this.#parts;
    const now = clock();
    const details = endDetails(known.term);
    switch (nextStep(known.leftMs(), this.#ending, now)) {
      case 'nothing':
        return;
      case 'warn':
        this.#ending = { warnedAt: now };
        return note('message', 'Its time is about to be over: save your work. It will be suspended.', details);
      case 'suspend':
        return this.#suspend(details);
      case 'press':
        this.#ending = { firstPressedAt: now, ...this.#ending, pressedAt: now };
        await note('expiration', 'its time is over: its power button was pressed', details);
        return machine.pressPowerButton();
      case 'hold':
        this.#ending = { ...this.#ending, isHeld: true };
        await note(
          'expiration',
          'its guest did not shut down: it is held still, with all that is in its memory',
          details,
        );
        return machine.hold();
      case 'release': {
        const { isHeld } = this.#ending;
        this.#ending = {};
        if (isHeld) await machine.goOn();
      }
    }
  }

  /** Where that cannot be, its guest is asked to shut down instead. */
  async #suspend(details: object): Promise<void> {
    const { note, machine } = this.#parts;
    await note('expiration', 'its time is over: it is suspended', details);
    try {
      await machine.suspend();
    } catch (error) {
      this.#ending = { ...this.#ending, isUnsaved: true };
      const { code, reason } = failureOf(error);
      await note('expiration', `it could not be suspended: ${reason}`, { code });
    }
  }

  #tellFailure(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#parts.log.error(failureOf(error), 'the time that a machine may be used could not be followed');
  }
}

/** How it stands, for people. */
function termText({ state, endsAt, message }: Term): string {
  const last = endsAt === undefined ? undefined : new Date(endsAt - 1).toLocaleString('sv-SE').slice(0, 16);
  const text =
    state === 'expired' ? 'its time is over' : `it may be used ${last === undefined ? 'without end' : `until ${last}`}`;
  return message === undefined ? text : `${text}: ${message}`;
}

function endDetails({ endsAt }: Term): { endsAt?: string } {
  return endsAt === undefined ? {} : { endsAt: new Date(endsAt).toISOString() };
}
