import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../lib/errors.ts';
import { appendLine } from '../sys/files/files.ts';
import { readPipe } from '../sys/files/pipes.ts';
import { paced, type Socket } from '../sys/network/sockets.ts';

/** The log has at most so much, and as much again from before. */
const MAX_BYTES = 256 << 10;
/** What is written faster waits in the pipe; what does not fit there is lost to QEMU, which does not wait for us. */
const BYTES_PER_S = 64 << 10;
const LAST_WORDS = 4000;
/** How long the end of what was written is waited for, once its writer has gone: a busy computer needs its time. */
const END_MS = 5000;

/**
 * Brings what QEMU writes from its pipe to its log, bounded in size and pace, whatever its guest makes it say. While no
 * service reads, the pipe keeps 64 KiB.
 */
export class MachineLog implements Disposable {
  readonly #socket: Socket | undefined;
  readonly #ended: Promise<void>;
  readonly #hurry = new AbortController();
  /** Where the words are kept. */
  readonly path: string;
  #last = '';

  /** Reads from a pipe that somebody can write to already; from one that is not there nothing comes. */
  constructor(pipe: string, logPath: string) {
    this.path = logPath;
    this.#socket = readPipe(pipe);
    this.#ended = this.#socket ? this.#bring(this.#socket, logPath) : Promise.resolve();
  }

  /** What a writer that has gone said last. From one that may not have gone, what it has said so far, at the pace that there is. */
  async lastWords(hasGone = true): Promise<string> {
    // No more can come from it than there is room for in the pipe.
    if (hasGone) this.#hurry.abort();
    await Promise.race([this.#ended, sleep(END_MS, undefined, { ref: false })]);
    return this.#last.trim();
  }

  [Symbol.dispose](): void {
    this.#socket?.destroy();
  }

  async #bring(socket: Socket, logPath: string): Promise<void> {
    try {
      for await (const chunk of paced(socket, BYTES_PER_S, this.#hurry.signal)) {
        const text = chunk.toString('utf8');
        this.#last = (this.#last + text).slice(-LAST_WORDS);
        await appended(logPath, text);
      }
    } catch (error) {
      // Let go of in the middle.
      if (!socket.destroyed) throw error;
    }
  }
}

/** What cannot be written, as on a full disk, is lost; the last words are kept all the same. */
async function appended(path: string, text: string): Promise<void> {
  try {
    await appendLine(path, text.replace(/\n$/, ''), MAX_BYTES);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
}
