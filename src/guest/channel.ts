import { fullAllowance, type Pace, takeToken } from '../lib/rate.ts';
import { connectUnix, linesOf, paced, type Socket, writeLine } from '../sys/network/sockets.ts';
import { formatAnswer, type GuestAnswer, type GuestRequest, MAX_REQUEST_BYTES, parseRequest } from './protocol.ts';

const CONNECT_MS = 30_000;
/** Five requests at once, then one a second. */
const REQUESTS: Pace = { burst: 5, refillMs: 1000 };
/** What a guest may make the host read, whatever it is: requests that are taken need a thousandth of it. */
const READ_BYTES_PER_S = 4 << 20;

/** Answers a guest’s request; what it throws becomes a refusal without particulars. */
export type GuestHandler = (request: GuestRequest) => Promise<Omit<GuestAnswer, 'id'>>;

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
 * permits. Whatever the guest sends, and whether it reads or not, this holds at most one line of 4 KiB and one answer.
 */
export class GuestChannel implements AsyncDisposable {
  /** Settles when the channel has ended: with the machine, by dispose, or by an error that it then carries. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #handler: GuestHandler;
  readonly #onFailure: (error: unknown) => void;

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
    let allowance = fullAllowance(REQUESTS, clock());
    let isRefusing = false;
    try {
      for await (const line of linesOf(paced(this.#socket, READ_BYTES_PER_S), MAX_REQUEST_BYTES)) {
        const left = takeToken(allowance, REQUESTS, clock());
        // A flood is refused once: whoever does not wait gets no more answers than one who does.
        if (!left && isRefusing) continue;
        isRefusing = left === undefined;
        if (left) allowance = left;
        const request = parseRequest(line);
        const answer = left ? await this.#answer(request) : { ok: false, reason: 'too many requests: wait a second' };
        // The next request is read when this answer has been taken.
        if (request.id !== '') await writeLine(this.#socket, formatAnswer({ id: request.id, ...answer }));
      }
    } catch (error) {
      if (!this.#socket.destroyed) this.#onFailure(error);
    } finally {
      this.#socket.destroy();
    }
  }

  async #answer(request: ReturnType<typeof parseRequest>): Promise<Omit<GuestAnswer, 'id'>> {
    if ('problem' in request) return { ok: false, reason: request.problem };
    try {
      return await this.#handler(request);
    } catch (error) {
      this.#onFailure(error);
      return { ok: false, reason: 'the host could not carry it out: see its log' };
    }
  }
}
