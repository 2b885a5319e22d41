import { authenticate, changePassword, type Secrets } from '../install/opening/password.ts';
import { AppError } from '../lib/errors.ts';
import { Turns } from '../lib/turns.ts';
import type { EventLog } from '../run/computer/events.ts';
import type { Clock } from '../sys/clock.ts';

interface OpeningDeps {
  state: string;
  /** The system’s own: trusted time may stand still, and a pause would not end. */
  clock: Clock;
  events: EventLog;
}

/** Who may open a machine. One is asked at a time, so that guesses made at once count as those made in turn. */
export class Opening {
  readonly #deps: OpeningDeps;
  readonly #turns = new Turns();

  constructor(deps: OpeningDeps) {
    this.#deps = deps;
  }

  /** @throws as authenticate */
  authenticate(vm: string, secrets: Secrets): Promise<void> {
    return this.#tell(vm, () => authenticate(this.#deps.state, vm, secrets, this.#deps.clock()));
  }

  /** @throws as changePassword */
  async changePassword(vm: string, secrets: Secrets): Promise<void> {
    await this.#tell(vm, () => changePassword(this.#deps.state, vm, secrets, this.#deps.clock()));
    await this.#deps.events.add({ vm, kind: 'password', text: 'its password was changed' });
  }

  async #tell(vm: string, work: () => Promise<void>): Promise<void> {
    try {
      await this.#turns.take(work);
    } catch (error) {
      if (error instanceof AppError && error.code === 'PASSWORD_WRONG')
        await this.#deps.events.add({ vm, kind: 'password', text: 'a wrong password was given', same: error.code });
      throw error;
    }
  }
}
