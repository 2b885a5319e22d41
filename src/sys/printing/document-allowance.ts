import { type Allowance, fullAllowance, type Pace, refilled, takeToken } from '../../lib/rate.ts';

const GIB = 2 ** 30;
const DAY_MS = 86_400_000;
/** CUPS keeps what was printed for a day: so much of a guest’s may lie there, once at once and once over the day. */
const BYTES_A_DAY = GIB;
const JOBS_A_DAY = 300;
const MAX_DOCUMENT_BYTES = GIB / 2;

const BYTES: Pace = { burst: BYTES_A_DAY, refillMs: DAY_MS / BYTES_A_DAY };
const JOBS: Pace = { burst: JOBS_A_DAY, refillMs: DAY_MS / JOBS_A_DAY };

/** A document that is larger than one may be, or than what is left of the day’s. */
export class DocumentTooLarge extends Error {}

/** How much a guest may print: it fills no disk of its computer. */
export class DocumentAllowance {
  readonly #now: () => number;
  #bytes: Allowance;
  #jobs: Allowance;

  constructor(now: () => number) {
    this.#now = now;
    this.#bytes = fullAllowance(BYTES, now());
    this.#jobs = fullAllowance(JOBS, now());
  }

  /** Whether it may have another job. */
  takeJob(): boolean {
    const left = takeToken(this.#jobs, JOBS, this.#now());
    if (left) this.#jobs = left;
    return left !== undefined;
  }

  /** A document as it comes. @throws DocumentTooLarge */
  async *bounded(document: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const chunk of document) {
      bytes += chunk.length;
      const left = refilled(this.#bytes, BYTES, this.#now());
      if (bytes > MAX_DOCUMENT_BYTES || left.tokens < chunk.length) throw new DocumentTooLarge();
      this.#bytes = { ...left, tokens: left.tokens - chunk.length };
      yield chunk;
    }
  }
}
