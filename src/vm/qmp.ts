import { once } from 'node:events';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { connectUnix, linesOf, type Socket } from '../sys/network/sockets.ts';
import { newsOf, type QemuNews } from './news.ts';

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

export interface QmpOptions {
  /** Told what QEMU says of its guest without being asked. */
  onNews?: (news: QemuNews, qmp: Qmp) => void;
  signal?: AbortSignal;
  /** How long QEMU may take for its first answer. */
  withinMs?: number;
}

/** A connection to a running QEMU’s monitor. It closes when QEMU ends; `closed` tells. */
export class Qmp implements AsyncDisposable {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  private constructor(socket: Socket, onNews: QmpOptions['onNews']) {
    this.#socket = socket;
    socket.on('error', () => socket.destroy());
    this.closed = this.#read(onNews);
  }

  /** @throws VM_FAILED when QEMU does not answer */
  static async connect(path: string, { onNews, signal, withinMs = ANSWER_MS }: QmpOptions = {}): Promise<Qmp> {
    const qmp = new Qmp(await connectUnix(path, withinMs, signal), onNews);
    try {
      await qmp.#execute('qmp_capabilities', {}, withinMs);
      return qmp;
    } catch (error) {
      await qmp[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Gives a command and waits for QEMU’s answer. @throws VM_FAILED */
  execute(command: string, args: Record<string, unknown> = {}): Promise<unknown> {
    return this.#execute(command, args, ANSWER_MS);
  }

  async #execute(command: string, args: Record<string, unknown>, answerMs: number): Promise<unknown> {
    if (this.#socket.destroyed) throw new AppError('VM_FAILED', `QEMU cannot be told ${command} any more`);
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    const late = setTimeout(
      () => this.#waiting.get(id)?.reject(new AppError('VM_FAILED', `QEMU did not answer ${command}`)),
      answerMs,
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

  async #read(onNews: QmpOptions['onNews']): Promise<void> {
    try {
      for await (const line of linesOf(this.#socket, MAX_LINE_BYTES)) this.#take(line, onNews);
    } catch (cause) {
      this.#fail(new AppError('VM_FAILED', 'the connection to QEMU broke', { cause }));
    } finally {
      this.#socket.destroy();
      this.#fail(new AppError('VM_FAILED', 'QEMU has ended'));
    }
  }

  #take(line: string | undefined, onNews: QmpOptions['onNews']): void {
    const message = Message.parse(JSON.parse(line ?? 'null'));
    const news = 'event' in message ? newsOf(message) : undefined;
    if (news) onNews?.(news, this);
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
