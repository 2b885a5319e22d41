import { changePassword, openByPassword, type Secrets } from '../../install/opening/password.ts';
import type { Opened } from '../../install/opening/write-disks.ts';
import { hasUserKey } from '../../install/state/machine/locked.ts';
import type { Asker } from '../../install/state/machine/owner.ts';
import { readPolicy } from '../../install/state/policies.ts';
import { AppError, type ErrorCode } from '../../lib/errors.ts';
import { NamedTurns } from '../../lib/turns.ts';
import type { Authentication } from '../../policy/authentication.ts';
import type { EventLog } from '../../run/computer/events.ts';
import type { Clock } from '../../sys/clock.ts';
import type { AccountSources, Attempt, AuthenticationType } from './opener.ts';
import { OPENERS } from './table.ts';

interface OpeningDeps {
  state: string;
  /** The system’s own: trusted time may stand still, and a pause would not end. */
  clock: Clock;
  events: EventLog;
  /** A machine’s end, for its plug-ins. */
  expireTime: (vm: string) => Promise<string>;
  /** Whether the way back to a lost password may be told. */
  hasHotFix?: (vm: string) => Promise<boolean>;
  accounts: AccountSources;
}

/** Who opens a machine, with what, and for how long that is waited for. */
export interface OpenedBy {
  asker: Asker;
  secrets: Secrets;
  signal: AbortSignal;
}

/** Who may open a machine. One is asked at a time, so that guesses made at once count as those made in turn. */
export class Opening {
  readonly #deps: OpeningDeps;
  readonly #turns = new NamedTurns();

  constructor(deps: OpeningDeps) {
    this.#deps = deps;
  }

  /** Lets a machine be opened, as what it was installed with says, and gives what opens its disks. @throws as its opener in `openers/table.ts` */
  authenticate(vm: string, by: OpenedBy): Promise<Opened> {
    return this.#tell(vm, async () => {
      const { state, clock, events, accounts, expireTime } = this.#deps;
      const { document } = await readPolicy(state, vm);
      const authentication: Authentication = document.policy.authentication ?? { type: 'none' };
      for (const [type, { forget }] of Object.entries(OPENERS))
        if (type !== authentication.type) await forget(state, vm);
      // What opens them is still the password that they were encrypted with.
      const isOthers = authentication.type !== 'password' && (await hasUserKey(state, vm));
      const byKey = isOthers ? await openByPassword(state, vm, by.secrets, clock()) : undefined;
      const about = { state, vm, authentication, document, expireTime: () => expireTime(vm) };
      const opened = await open({ ...about, ...by, known: byKey?.diskKey, now: clock(), events, accounts });
      return opened.diskKey === undefined && byKey ? byKey : opened;
    });
  }

  /** @throws as changePassword */
  async changePassword(vm: string, secrets: Secrets): Promise<void> {
    await this.#tell(vm, () => changePassword(this.#deps.state, vm, secrets, this.#deps.clock()));
    await this.#deps.events.add({
      vm,
      kind: 'password',
      text: 'its password was changed',
      details: { did: 'changed' },
    });
  }

  /** Changes what opens a machine while nobody is asked for it. */
  inTurn<T>(vm: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(vm, work);
  }

  async #tell<T>(vm: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#turns.take(vm, work);
    } catch (error) {
      const text = error instanceof AppError && WORTH_TELLING[error.code];
      if (text) {
        const details = { code: error.code };
        await this.#deps.events.add({ vm, kind: 'password', text, details, same: error.code });
      }
      throw await this.#withWayBack(vm, error);
    }
  }

  async #withWayBack(vm: string, error: unknown): Promise<unknown> {
    const isLost = error instanceof AppError && ['PASSWORD_WRONG', 'PASSWORD_PAUSE'].includes(error.code);
    if (!isLost || !(await this.#deps.hasHotFix?.(vm))) return error;
    return new AppError(error.code, error.message, { cause: error.cause, details: { ...error.details, hotFixOf: vm } });
  }
}

/** Refusals that an event tells of. What was typed for a name is not in it: that may have been a password. */
const WORTH_TELLING: Partial<Record<ErrorCode, string>> = {
  PASSWORD_WRONG: 'a wrong password was given',
  ACCOUNT_UNLISTED: 'an account that is not on its list was not let in',
  ACCOUNT_DISABLED: 'a disabled account was not let in',
  ACCOUNT_EXPIRED: 'an expired account was not let in',
  ACCOUNT_LOCKED: 'a locked account was not let in',
  ACCOUNT_PASSWORD: 'an account whose password has expired was not let in',
  ACCOUNT_NOT_NOW: 'an account that may not sign in now, or from here, was not let in',
  DOMAIN_UNSAFE: 'its domain could not be asked: no certificate that is to be trusted',
  DOMAIN_INVALID: 'its domain could not be asked: what it answered is not to be believed',
};

/** The row of its type: the one thing that the compiler cannot follow by itself. */
function open<Type extends AuthenticationType>(attempt: Attempt<Type>): Promise<Opened> {
  return OPENERS[attempt.authentication.type as Type].open(attempt);
}
