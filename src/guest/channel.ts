import { connectUnix, linesOf, type Socket } from '../sys/network/sockets.ts';
import { formatAnswer, type GuestAnswer, type GuestRequest, MAX_REQUEST_BYTES, parseRequest } from './protocol.ts';
import { type Allowance, fullAllowance, takeToken } from './rate.ts';

const CONNECT_MS = 30_000;

/** Answers a guest’s request; what it throws becomes a refusal without particulars. */
export type GuestHandler = (request: GuestRequest) => Promise<Omit<GuestAnswer, 'id'>>;

/**
 * The host’s end of the channel to one guest: one request at a time, in the order they came, as many as the allowance
 * permits. Whatever the guest sends, this holds at most one line of 4 KiB.
 */
export class GuestChannel implements AsyncDisposable {
  /** Settles when the channel has ended: with the machine, by dispose, or by an error that it then carries. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;

  private constructor(socket: Socket, handler: GuestHandler, onFailure: (error: unknown) => void) {
    this.#socket = socket;
    socket.on('error', () => socket.destroy());
    this.closed = this.#serve(handler, onFailure);
  }

  static async connect(
    path: string,
    handler: GuestHandler,
    onFailure: (error: unknown) => void,
    signal?: AbortSignal,
  ): Promise<GuestChannel> {
    return new GuestChannel(await connectUnix(path, CONNECT_MS, signal), handler, onFailure);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  async #serve(handler: GuestHandler, onFailure: (error: unknown) => void): Promise<void> {
    let allowance: Allowance = fullAllowance(performance.now());
    try {
      for await (const line of linesOf(this.#socket, MAX_REQUEST_BYTES)) {
        const left = takeToken(allowance, performance.now());
        if (left) allowance = left;
        const request = parseRequest(line);
        const answer = left
          ? await this.#answer(request, handler, onFailure)
          : { ok: false, reason: 'too many requests: wait a second' };
        if (request.id !== '') this.#socket.write(formatAnswer({ id: request.id, ...answer }));
      }
    } catch (error) {
      if (!this.#socket.destroyed) onFailure(error);
    } finally {
      this.#socket.destroy();
    }
  }

  async #answer(
    request: ReturnType<typeof parseRequest>,
    handler: GuestHandler,
    onFailure: (error: unknown) => void,
  ): Promise<Omit<GuestAnswer, 'id'>> {
    if ('problem' in request) return { ok: false, reason: request.problem };
    try {
      return await handler(request);
    } catch (error) {
      onFailure(error);
      return { ok: false, reason: 'the host could not carry it out: see its log' };
    }
  }
}
