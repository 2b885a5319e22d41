import { EventEmitter, on } from 'node:events';
import type { EventAnswer } from '../../api/event.ts';
import type { Clock } from '../../sys/clock.ts';

/** What happens while a page is open, for every page that follows; nothing of it is kept. */
export class Happenings {
  readonly #bus = new EventEmitter<{ happening: [EventAnswer] }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#bus.setMaxListeners(0);
  }

  tell(happening: Omit<EventAnswer, 'at'>): void {
    this.#bus.emit('happening', { at: new Date(this.#clock()).toISOString(), ...happening });
  }

  /** All that is told from this call on, until `signal` ends. */
  follow(signal: AbortSignal): AsyncIterable<EventAnswer> {
    return ending(on(this.#bus, 'happening', { signal }), signal);
  }
}

async function* ending(told: AsyncIterable<EventAnswer[]>, signal: AbortSignal): AsyncGenerator<EventAnswer> {
  try {
    for await (const happenings of told) yield* happenings;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
