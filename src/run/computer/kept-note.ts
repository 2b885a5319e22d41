import { AppError, failureOf } from '../../lib/errors.ts';
import type { Log } from '../../sys/log.ts';
import { type HostNote, removeHostNote, UNKNOWN_RULES, writeHostNote } from './host-note.ts';

/**
 * What binds the computer itself, or may, and its note for the next service. Rules hold without their note, too: on a
 * full disk it is tried again, and the next service asks the kernel.
 */
export class KeptNote {
  readonly #file: string;
  readonly #log: Log;
  #now: HostNote | undefined;
  #isKept = true;

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  /** Undefined where nothing binds the computer. */
  get now(): HostNote | undefined {
    return this.#now;
  }

  /** What was found, of which a note is there already, or can be none. */
  begin(found: HostNote | undefined): void {
    this.#now = found;
  }

  /** Something is about to bind the computer. */
  suppose(): void {
    this.#now ??= UNKNOWN_RULES;
  }

  async become(note: HostNote | undefined): Promise<void> {
    this.#now = note;
    await this.#keep();
  }

  /** Tries again where it could not be written. */
  async keepAgain(): Promise<void> {
    if (!this.#isKept) await this.#keep();
  }

  async #keep(): Promise<void> {
    try {
      await (this.#now ? writeHostNote(this.#file, this.#now) : removeHostNote(this.#file));
      this.#isKept = true;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#isKept = false;
      this.#log.warn(failureOf(error), 'what is in force for the computer itself cannot be noted');
    }
  }
}
