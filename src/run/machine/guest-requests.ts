import type { GuestAnswer, GuestRequest } from '../../guest/protocol.ts';
import { type Clock, systemClock } from '../../sys/clock.ts';
import type { Access } from '../access/access.ts';
import type { RunDeps } from './spec.ts';

/** What a guest last said of itself. */
export interface GuestWord {
  healthy: boolean;
  /** Which channel its tools found. */
  port: 'virtio' | 'serial';
}

/** Answers what one guest asks, and keeps what it said of itself since it came up. */
export class GuestRequests {
  readonly #access: Pick<Access, 'answer'>;
  readonly #onHello: RunDeps['onHello'];
  readonly #clock: Clock;
  #word: GuestWord | undefined;

  constructor(access: Pick<Access, 'answer'>, { onHello }: Pick<RunDeps, 'onHello'>, clock = systemClock) {
    this.#access = access;
    this.#onHello = onHello;
    this.#clock = clock;
  }

  get word(): GuestWord | undefined {
    return this.#word;
  }

  /** The guest was reset: it has to come up again. */
  beginAgain(): void {
    this.#word = undefined;
  }

  async answer(request: GuestRequest, readAt: number): Promise<Omit<GuestAnswer, 'id'>> {
    switch (request.cmd) {
      case 'nq-set':
        return this.#access.answer(request, readAt);
      case 'clock':
        return { ok: true, reason: `${Math.floor(this.#clock() / 1000)}` };
      case 'hello': {
        const { healthy, port = 'virtio' } = request;
        this.#word = { healthy, port };
        const isKnown = (await this.#onHello?.(healthy)) ?? true;
        return isKnown
          ? { ok: true, reason: 'heard' }
          : { ok: false, reason: 'another change is under way: say it again' };
      }
    }
  }
}
