import { AppError } from '../../lib/errors.ts';
import { Turns } from '../../lib/turns.ts';

/** How far time may have gone on before it is written. */
const WRITE_MS = 60_000;

export interface KeptTimeParts {
  /** The highest time that was written. @throws STATE_DAMAGED */
  read: () => Promise<number>;
  /** @throws DISK_FULL */
  write: (at: number) => Promise<void>;
  /** The later of the clock and the highest signed time, in milliseconds. */
  trusted: () => Promise<number>;
  /** Milliseconds of a clock that only runs forward. */
  monotonic?: () => number;
}

/**
 * A time that never goes back: the highest that was seen is kept, and goes on while this service runs, whatever is done to the
 * clock. Where somebody wrote another since (an installation), that one counts.
 */
export class KeptTime {
  readonly #parts: KeptTimeParts;
  readonly #turns = new Turns();
  /** What was written when this service came to know the time `now`, at its own `at`. */
  #known: { written: number; now: number; at: number } | undefined;

  constructor(parts: KeptTimeParts) {
    this.#parts = parts;
  }

  /** @throws STATE_DAMAGED */
  now(): Promise<number> {
    return this.#turns.take(() => this.#now());
  }

  async #now(): Promise<number> {
    const { read, trusted, monotonic = () => performance.now() } = this.#parts;
    const written = await read();
    const at = monotonic();
    const known = this.#known?.written === written ? this.#known : { written, now: written, at };
    const now = Math.floor(Math.max(known.now + (at - known.at), await trusted()));
    const isWritten = now - written >= WRITE_MS && (await this.#write(now));
    this.#known = { written: isWritten ? now : written, now, at };
    return now;
  }

  /** A full disk does not keep a machine from its user: the time is known as long as this service runs. */
  async #write(now: number): Promise<boolean> {
    try {
      await this.#parts.write(now);
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'DISK_FULL') return false;
      throw error;
    }
  }
}
