import { type Allowance, fullAllowance, type Pace, takeToken } from '../lib/rate.ts';
import { Turns } from '../lib/turns.ts';
import { connectUnix, linesOf, paced, type Socket, writeLine } from '../sys/network/sockets.ts';
import { formatAnswer, type GuestAnswer, type GuestRequest, MAX_REQUEST_BYTES, parseRequest } from './protocol.ts';

const CONNECT_MS = 30_000;
/** Five requests at once, then one a second. */
const REQUESTS: Pace = { burst: 5, refillMs: 1000 };
/** What a guest may make the host read, whatever it is: requests that are taken need a thousandth of it. */
const READ_BYTES_PER_S = 4 << 20;

/**
 * Answers a guest’s request that was read at a moment of `performance`’s clock, from when the guest waits; what it throws
 * becomes a refusal without particulars.
 */
export type GuestHandler = (request: GuestRequest, readAt: number) => Promise<Omit<GuestAnswer, 'id'>>;

/** A line of the guest’s, undefined where it was too long, and when it was read. */
interface ReadLine {
  line: string | undefined;
  readAt: number;
}

export interface GuestChannelOptions {
  onFailure: (error: unknown) => void;
  signal?: AbortSignal;
  /** How long it may take until somebody listens. */
  withinMs?: number;
  /** The clock that requests are counted by, in milliseconds. */
  clock?: () => number;
}

/**
 * The host’s end of the channel to one guest: one request at a time, in the order they came, as many as the allowance
 * permits. Whatever the guest sends, and whether it reads or not, this holds a few lines of 4 KiB and one answer.
 */
export class GuestChannel implements AsyncDisposable {
  /** Settles when the channel has ended: with the machine, by dispose, or by an error that it then carries. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #handler: GuestHandler;
  readonly #onFailure: (error: unknown) => void;
  readonly #turns = new Turns();

  private constructor(socket: Socket, handler: GuestHandler, { onFailure, clock }: GuestChannelOptions) {
    this.#socket = socket;
    this.#handler = handler;
    this.#onFailure = onFailure;
    socket.on('error', () => socket.destroy());
    this.closed = this.#serve(clock ?? (() => performance.now()));
  }

  static async connect(path: string, handler: GuestHandler, options: GuestChannelOptions): Promise<GuestChannel> {
    const { signal, withinMs = CONNECT_MS } = options;
    return new GuestChannel(await connectUnix(path, withinMs, signal), handler, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  async #serve(clock: () => number): Promise<void> {
    const allowance = new Allowed(clock);
    const waiting = new NewestWaiting((read) => this.#turns.take(() => this.#respond(read)), allowance);
    try {
      for await (const line of linesOf(paced(this.#socket, READ_BYTES_PER_S), MAX_REQUEST_BYTES)) {
        // Whoever cannot know what the last program left behind begins with a line end.
        if (line === '') continue;
        const read = { line, readAt: performance.now() };
        const isFree = !waiting.isThere && allowance.take();
        if (isFree) await this.#turns.take(() => this.#respond(read));
        else await this.#refuse(waiting.replace(read));
      }
    } catch (error) {
      if (!this.#socket.destroyed) this.#onFailure(error);
    } finally {
      waiting[Symbol.dispose]();
      this.#socket.destroy();
      await this.#turns.take(async () => undefined);
    }
  }

  async #respond({ line, readAt }: ReadLine): Promise<void> {
    const request = parseRequest(line);
    const answer = await this.#answer(request, readAt);
    // The next request is judged when this answer has been taken.
    if (request.id !== '') await writeLine(this.#socket, formatAnswer({ id: request.id, ...answer }));
  }

  async #refuse(line: string | undefined): Promise<void> {
    const { id } = parseRequest(line);
    const reason = 'too many requests: wait a second';
    if (line !== undefined && id !== '') await writeLine(this.#socket, formatAnswer({ id, ok: false, reason }));
  }

  async #answer(request: ReturnType<typeof parseRequest>, readAt: number): Promise<Omit<GuestAnswer, 'id'>> {
    if ('problem' in request) return { ok: false, reason: request.problem };
    try {
      return await this.#handler(request, readAt);
    } catch (error) {
      this.#onFailure(error);
      return { ok: false, reason: 'the host could not carry it out: see its log' };
    }
  }
}

/** What is left of a guest’s allowance. */
class Allowed {
  readonly #clock: () => number;
  #left: Allowance;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#left = fullAllowance(REQUESTS, clock());
  }

  take(): boolean {
    const left = takeToken(this.#left, REQUESTS, this.#clock());
    if (left) this.#left = left;
    return left !== undefined;
  }
}

/**
 * The newest request of a guest that asks too often waits until it may be judged, so that an honest one is heard just behind a
 * flood. Those that it takes the place of are refused: the first with an answer, the others without.
 */
class NewestWaiting implements Disposable {
  readonly #respond: (read: ReadLine) => Promise<void>;
  readonly #allowed: Allowed;
  #newest: ReadLine | undefined;
  #isRefused = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(respond: (read: ReadLine) => Promise<void>, allowed: Allowed) {
    this.#respond = respond;
    this.#allowed = allowed;
  }

  get isThere(): boolean {
    return this.#newest !== undefined;
  }

  /** Gives the request to be answered with a refusal, if there is one. */
  replace(read: ReadLine): string | undefined {
    const refused = this.#isRefused ? undefined : this.#newest;
    if (refused) this.#isRefused = true;
    this.#newest = read;
    this.#timer ??= this.#tryLater();
    return refused?.line;
  }

  [Symbol.dispose](): void {
    this.#newest = undefined;
    clearTimeout(this.#timer);
  }

  #tryLater(): NodeJS.Timeout {
    return setTimeout(() => void this.#try(), REQUESTS.refillMs / 10);
  }

  /** One at a time: while an answer is not taken, nothing more is begun. */
  async #try(): Promise<void> {
    const next = this.#newest;
    if (next && this.#allowed.take()) {
      this.#newest = undefined;
      this.#isRefused = false;
      await this.#respond(next);
    }
    this.#timer = this.#newest ? this.#tryLater() : undefined;
  }
}
