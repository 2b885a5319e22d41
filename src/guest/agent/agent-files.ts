import { Turns } from '../../lib/turns.ts';
import { readWords } from './messages.ts';
import { cancelOfFile, type FileResult, fileResult, pieceOfFile, type SentFile, startOfFile } from './sent-file.ts';

export interface FilesOptions {
  /** Resolves once the guest has taken it, or the channel has ended. */
  write: (bytes: Buffer) => Promise<void>;
  /** How long the guest may take for each step. */
  answerMs: number;
}

/** Sends files into one guest, one at a time; what the agent says of others is not heard. */
export class AgentFiles {
  readonly #write: FilesOptions['write'];
  readonly #answerMs: number;
  readonly #turns = new Turns();
  #id = 0;
  #said: FileResult[] = [];
  #wake: (() => void) | undefined;

  constructor({ write, answerMs }: FilesOptions) {
    this.#write = write;
    this.#answerMs = answerMs;
  }

  /** How it ended. Where what comes does not, or fails, the guest is told that it is cancelled; the error is then the caller’s. */
  send(file: SentFile, mayGoOn: () => boolean): Promise<FileResult> {
    return this.#turns.take(async () => {
      this.#id += 1;
      this.#said = [];
      try {
        const result = await this.#sendWhole(file, mayGoOn);
        if (result === 'silent' || result === 'cancelled') void this.#write(cancelOfFile(this.#id));
        return result;
      } catch (error) {
        void this.#write(cancelOfFile(this.#id));
        throw error;
      }
    });
  }

  /** What the agent says of a file. */
  hear(data: Buffer): void {
    const { id, result } = fileResult(readWords(data));
    if (id !== this.#id || this.#said.length > 2) return;
    this.#said.push(result);
    this.#wake?.();
  }

  async #sendWhole(file: SentFile, mayGoOn: () => boolean): Promise<FileResult> {
    await this.#within(this.#write(startOfFile(this.#id, file)));
    const begin = await this.#next();
    if (begin !== 'go on') return begin;
    for await (const bytes of file.bytes === 0 ? [new Uint8Array()] : file.content)
      for (const piece of pieceOfFile(this.#id, bytes)) {
        if (this.#said.length > 0) return this.#next();
        if (!mayGoOn()) return 'cancelled';
        if (await this.#within(this.#write(piece))) return 'silent';
      }
    return this.#next();
  }

  /** What the agent says next. */
  async #next(): Promise<FileResult> {
    if (this.#said.length === 0)
      await this.#within(
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      );
    this.#wake = undefined;
    return this.#said.shift() ?? 'silent';
  }

  /** Waits as long as a guest may take; true where it took longer. */
  async #within(work: Promise<void>): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<true>((resolve) => {
      timer = setTimeout(() => resolve(true), this.#answerMs);
    });
    try {
      return (await Promise.race([work.then(() => false), late])) === true;
    } finally {
      clearTimeout(timer);
    }
  }
}
