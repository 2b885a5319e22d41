import { EventEmitter } from 'node:events';
import { failureOf } from '../../lib/errors.ts';
import type { EventKind } from '../../lib/event-kinds.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { appendLine, readIfThere } from '../../sys/files/files.ts';
import { type Log, silentLog } from '../../sys/log.ts';
import { EventAllowance } from './event-allowance.ts';
import { followEvents } from './followed-events.ts';

const MAX_BYTES = 4 << 20;
const MAX_TEXT = 2000;
const MAX_DETAILS = 4000;
/** As many wait to be written; more are counted. */
const MAX_WAITING = 1000;
const COUNT_MS = 60_000;

/** Something that happened to a machine or this computer, and why. */
export interface LoggedEvent {
  /** ISO time. */
  at: string;
  vm?: string;
  /** The number of the user whose machine it is about; without it, it is for everybody. */
  owner?: number;
  kind: EventKind;
  text: string;
  details?: Readonly<Record<string, unknown>>;
}

/** An event as it is told; the log knows the time. */
export interface Happening extends Omit<LoggedEvent, 'at'> {
  /** Of a machine’s events of this kind those with the same words here are one, and are counted. */
  same?: string;
}

/** Whether whoever asks may know of an event. */
export type IsShown = (event: LoggedEvent) => boolean;

interface EventLogOptions {
  /** Whose a machine is, where that is known beside the event. */
  ownerOf?: (vm: string) => Promise<number | undefined>;
  /** The trusted time in milliseconds. */
  now?: () => Promise<number>;
  /** Told that events cannot be written. */
  log?: Log;
}

/**
 * What happened and why: one JSON line each, capped, newest last (design §5). Telling never fails and never stops who
 * tells: what cannot be written is counted, and the count is written once there is room.
 */
export class EventLog {
  readonly #path: string;
  readonly #now: () => Promise<number>;
  readonly #log: Log;
  readonly #ownerOf: (vm: string) => Promise<number | undefined>;
  readonly #bus = new EventEmitter<{ event: [LoggedEvent] }>();
  readonly #allowance = new EventAllowance();
  #writing: Promise<void> = Promise.resolve();
  #waiting = 0;
  #lost = 0;
  #counting: NodeJS.Timeout | undefined;

  constructor(path: string, options: EventLogOptions = {}) {
    const { now = async () => Date.now(), log = silentLog, ownerOf = async () => undefined } = options;
    this.#path = path;
    this.#now = now;
    this.#log = log;
    this.#ownerOf = ownerOf;
    this.#bus.setMaxListeners(0);
  }

  /** Resolves once the event is written, or cannot be. Never rejects. */
  async add(happening: Happening): Promise<void> {
    const isTold = this.#allowance.take(happening, performance.now());
    if (isTold) await this.#tell(happening);
    else this.#countLater();
  }

  /** The last events of those that are to be shown, oldest first. A line cut by a crash is left out, with what was added to it. */
  async last(count: number, isShown: IsShown = () => true): Promise<LoggedEvent[]> {
    await this.#writing;
    const texts = await Promise.all([`${this.#path}.1`, this.#path].map((path) => readIfThere(path, 2 * MAX_BYTES)));
    const lines = texts.flatMap((bytes) => bytes?.toString('utf8').split('\n') ?? []);
    const events = lines.map(jsonOrNothing).filter(isEvent).filter(isShown);
    return count > 0 ? events.slice(-count) : [];
  }

  /** Events from this call on of those that are to be shown, until `signal` ends it. */
  follow(signal: AbortSignal, isShown: IsShown = () => true): AsyncGenerator<LoggedEvent> {
    return followEvents(this.#bus, signal, isShown);
  }

  /** One after the other. A disk that does not answer keeps a bounded number of them waiting. */
  #tell(happening: Happening): Promise<void> {
    if (this.#waiting >= MAX_WAITING) this.#lost += 1;
    else {
      this.#waiting += 1;
      this.#writing = this.#writing.then(async () => {
        await this.#write(happening);
        this.#waiting -= 1;
      });
    }
    return this.#writing;
  }

  async #write(happening: Happening): Promise<void> {
    const event = bounded({ at: await this.#time(), ...(await this.#owned(happening)) });
    this.#bus.emit('event', event);
    const lost = this.#lost;
    try {
      if (lost > 0) await this.#append(lossOf(lost, event.at), '\n');
      this.#lost -= lost;
      await this.#append(event);
    } catch (error) {
      if (this.#lost === 0) this.#log.warn(failureOf(error), 'events cannot be written');
      this.#lost += 1;
    }
  }

  async #owned(happening: Happening): Promise<Happening> {
    const { vm } = happening;
    if (vm === undefined || happening.owner !== undefined) return happening;
    // Whose it is cannot be told: it is for root.
    const owner = await this.#ownerOf(vm).catch(() => 0);
    return owner === undefined ? happening : { ...happening, owner };
  }

  /** `before` ends a line that was cut when there was no room for it. */
  #append(event: LoggedEvent, before = ''): Promise<void> {
    return appendLine(this.#path, `${before}${JSON.stringify(event)}`, MAX_BYTES);
  }

  async #time(): Promise<string> {
    const now = await this.#now().catch(() => Date.now());
    return new Date(now).toISOString();
  }

  /** Tells, some time after events were left out, how many there were. */
  #countLater(): void {
    this.#counting ??= setTimeout(() => {
      this.#counting = undefined;
      for (const summary of this.#allowance.summaries(performance.now())) void this.#tell(summary);
      if (this.#allowance.hasLeftOut) this.#countLater();
    }, COUNT_MS).unref();
  }
}

function lossOf(lost: number, at: string): LoggedEvent {
  return { at, kind: 'failed', text: `${lost} events could not be written`, details: { lost } };
}

/** No event is longer than some thousand characters, whoever’s words are in it. */
function bounded({ same: _same, ...event }: LoggedEvent & Happening): LoggedEvent {
  const { details, text } = event;
  const isLong = details !== undefined && JSON.stringify(details).length > MAX_DETAILS;
  return { ...event, text: text.slice(0, MAX_TEXT), ...(isLong ? { details: { leftOut: 'too long' } } : {}) };
}

function isEvent(value: unknown): value is LoggedEvent {
  return typeof value === 'object' && value !== null && 'at' in value && 'kind' in value && 'text' in value;
}
