import { once } from 'node:events';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { connectUnix, linesOf, type Socket } from '../sys/network/sockets.ts';

const MAX_LINE_BYTES = 4 << 20;
const ANSWER_MS = 30_000;

const Message = z.union([
  z.object({ QMP: z.unknown() }),
  z.object({ return: z.unknown(), id: z.int() }),
  z.object({ error: z.object({ class: z.string(), desc: z.string() }), id: z.int().optional() }),
  z.object({ event: z.string(), data: z.unknown().optional() }),
]);

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** A connection to a running QEMU’s monitor. It closes when QEMU ends; `closed` tells. */
export class Qmp implements AsyncDisposable {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  private constructor(socket: Socket, onEvent: (name: string) => void) {
    this.#socket = socket;
    socket.on('error', () => socket.destroy());
    this.closed = this.#read(onEvent);
  }

  /** @throws VM_FAILED when QEMU does not answer */
  static async connect(
    path: string,
    onEvent: (name: string) => void = () => undefined,
    signal?: AbortSignal,
  ): Promise<Qmp> {
    const qmp = new Qmp(await connectUnix(path, ANSWER_MS, signal), onEvent);
    await qmp.execute('qmp_capabilities');
    return qmp;
  }

  /** Gives a command and waits for QEMU’s answer. @throws VM_FAILED */
  async execute(command: string, args: Record<string, unknown> = {}): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    const late = setTimeout(
      () => this.#waiting.get(id)?.reject(new AppError('VM_FAILED', `QEMU did not answer ${command}`)),
      ANSWER_MS,
    );
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    try {
      return await answer;
    } finally {
      clearTimeout(late);
      this.#waiting.delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.destroyed) return;
    this.#socket.destroy();
    await once(this.#socket, 'close');
  }

  async #read(onEvent: (name: string) => void): Promise<void> {
    try {
      for await (const line of linesOf(this.#socket, MAX_LINE_BYTES)) this.#take(line, onEvent);
    } catch (cause) {
      this.#fail(new AppError('VM_FAILED', 'the connection to QEMU broke', { cause }));
    } finally {
      this.#socket.destroy();
      this.#fail(new AppError('VM_FAILED', 'QEMU has ended'));
    }
  }

  #take(line: string | undefined, onEvent: (name: string) => void): void {
    const message = Message.parse(JSON.parse(line ?? 'null'));
    if ('event' in message) onEvent(message.event);
    if ('return' in message) this.#waiting.get(message.id)?.resolve(message.return);
    if ('error' in message && message.id !== undefined) {
      const { desc } = message.error;
      this.#waiting.get(message.id)?.reject(new AppError('VM_FAILED', `QEMU: ${desc}`));
    }
  }

  #fail(error: AppError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
