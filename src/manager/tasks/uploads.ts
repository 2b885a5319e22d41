import type { ReadableStream } from 'node:stream/web';
import { AppError } from '../../lib/errors.ts';

/** So long a task waits until the page begins to send. */
const BEGIN_MS = 60_000;

export type Body = ReadableStream<Uint8Array>;

/** Brings together the tasks that wait for a file and the requests that send one. */
export class Uploads {
  readonly #waiting = new Map<string, (body: Body) => Promise<void>>();

  /** Waits until somebody sends the file of a task, and gives it to `read`. @throws UPLOAD_CUT, what `read` throws, and what `signal` says */
  async receive(id: string, signal: AbortSignal, read: (body: Body) => Promise<void>): Promise<void> {
    const received = Promise.withResolvers<void>();
    const late = setTimeout(() => {
      const reason = 'the page did not begin to send the file';
      received.reject(new AppError('UPLOAD_CUT', reason));
    }, BEGIN_MS);
    const onAbort = () => received.reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    this.#waiting.set(id, async (body) => {
      this.#waiting.delete(id);
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
      const reading = read(body);
      reading.then(received.resolve, received.reject);
      await reading;
    });
    try {
      await received.promise;
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
      this.#waiting.delete(id);
    }
  }

  /** Sends the file of a task, once; returns when it is received. @throws TASK_UNKNOWN where none waits for one, and as `receive` */
  async send(id: string, body: Body): Promise<void> {
    const give = this.#waiting.get(id);
    if (!give) throw new AppError('TASK_UNKNOWN', 'no task waits for this file, or not any more');
    await give(body);
  }
}
