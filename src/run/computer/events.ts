import { EventEmitter, on } from 'node:events';
import { jsonOrNothing } from '../../lib/json.ts';
import { appendLine, readIfThere } from '../../sys/files/files.ts';

const MAX_BYTES = 4 << 20;

/** Something that happened to a machine or this computer, and why. */
export interface LoggedEvent {
  /** ISO time. */
  at: string;
  vm?: string;
  kind:
    | 'installed'
    | 'uninstalled'
    | 'rolled-back'
    | 'healthy'
    | 'unhealthy'
    | 'started'
    | 'stopped'
    | 'found-again'
    | 'access'
    | 'nq-set'
    | 'plugin'
    | 'policy'
    | 'lookup-failed'
    | 'message'
    | 'refused'
    | 'name'
    | 'zone'
    | 'host-policy'
    | 'failed';
  text: string;
  details?: Readonly<Record<string, unknown>>;
}

/** What happened and why: one JSON line each, capped, newest last (design §5). */
export class EventLog {
  readonly #path: string;
  readonly #bus = new EventEmitter<{ event: [LoggedEvent] }>();
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
    this.#bus.setMaxListeners(0);
  }

  /** Resolves once the event is written; followers have it at once. */
  add(event: LoggedEvent): Promise<void> {
    this.#bus.emit('event', event);
    this.#writing = this.#writing.then(
      () => appendLine(this.#path, JSON.stringify(event), MAX_BYTES),
      () => appendLine(this.#path, JSON.stringify(event), MAX_BYTES),
    );
    return this.#writing;
  }

  /** The last events, oldest first. A line cut by a crash is left out, with what was added to it. */
  async last(count: number): Promise<LoggedEvent[]> {
    const texts = await Promise.all([`${this.#path}.1`, this.#path].map((path) => readIfThere(path, 2 * MAX_BYTES)));
    const lines = texts.flatMap((bytes) => bytes?.toString('utf8').split('\n') ?? []);
    const events = lines.map(jsonOrNothing).filter(isEvent);
    return count > 0 ? events.slice(-count) : [];
  }

  /** Events from this call on, until `signal` ends it. */
  follow(signal: AbortSignal): AsyncGenerator<LoggedEvent> {
    // Listens at once, not when the first event is asked for.
    return eventsOf(on(this.#bus, 'event', { signal }), signal);
  }
}

function isEvent(value: unknown): value is LoggedEvent {
  return typeof value === 'object' && value !== null && 'at' in value && 'kind' in value && 'text' in value;
}

async function* eventsOf(source: AsyncIterable<unknown[]>, signal: AbortSignal): AsyncGenerator<LoggedEvent> {
  try {
    for await (const [event] of source) yield event as LoggedEvent;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
