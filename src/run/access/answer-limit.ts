import { pause } from '../../sys/pause.ts';

/** A guest waits 15 seconds (docs/formats/guest.md §6). What is not judged in good time before that is answered no. */
const JUDGE_MS = 13_000;
/** What was judged has so much longer to be saved and enforced. */
const ENFORCE_MS = 1000;

/**
 * The time that a guest’s report has. What is not judged, saved and enforced by its end is answered no, and what was done of
 * it is undone before that: a report that was answered no is never taken.
 */
export class AnswerLimit {
  readonly #judgeUntil: number;
  #isOver = false;
  #undo: () => Promise<void> = async () => undefined;

  /** From `since` on, when the report was read, on the clock of `performance`. */
  constructor(since: number, judgeMs = JUDGE_MS) {
    this.#judgeUntil = since + judgeMs;
  }

  /** How long it may still be judged, in milliseconds. */
  get leftMs(): number {
    return Math.max(0, Math.floor(this.#judgeUntil - performance.now()));
  }

  /** Whether the guest has been told no, or is about to be. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What gives the report up where the time ends before all is done. */
  undoBy(undo: () => Promise<void>): void {
    this.#undo = undo;
  }

  /** What comes of the work, or `late` once the time is over; the work goes on then, and finds that it is. */
  within<T>(work: Promise<T>, late: T): Promise<T> {
    return orAfter(this.#judgeUntil + ENFORCE_MS, work, async () => {
      this.#isOver = true;
      await this.#undo();
      return late;
    });
  }

  /** Whether something that is to be judged by came in time. */
  isInTime(work: Promise<unknown>): Promise<boolean> {
    return orAfter(
      this.#judgeUntil,
      work.then(() => true),
      async () => false,
    );
  }
}

async function orAfter<T>(until: number, work: Promise<T>, late: () => Promise<T>): Promise<T> {
  const waited = new AbortController();
  const over = pause(Math.max(0, until - performance.now()), waited.signal);
  try {
    return await Promise.race([work, over.then(() => (waited.signal.aborted ? work : late()))]);
  } finally {
    waited.abort();
  }
}
