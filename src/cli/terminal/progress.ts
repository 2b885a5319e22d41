import { formatBytes } from '../../lib/bytes.ts';
import { rateLeft } from '../../lib/rate-left.ts';
import { type Output, overwriteLine } from './print.ts';

const EVERY_MS = 200;

/** One line on the terminal that says how far something is, at what rate, and how long it still takes. */
export interface ProgressLine {
  show(what: string, doneBytes: number, totalBytes: number): void;
}

/** A progress line; it shows nothing where there is no terminal or JSON is wanted. */
export function progressLine(output: Output): ProgressLine {
  let began = performance.now();
  let shownAt = 0;
  let last = '';
  return {
    show(what, doneBytes, totalBytes) {
      const now = performance.now();
      if (what !== last) began = now;
      const isDone = doneBytes >= totalBytes;
      if (what === last && !isDone && now - shownAt < EVERY_MS) return;
      last = what;
      shownAt = now;
      overwriteLine(output, progressText({ what, doneBytes, totalBytes, elapsedMs: now - began }), isDone);
    },
  };
}

/** `packing office  12.0 MiB of 48.0 MiB, 6.0 MiB/s, 6 s left` */
export function progressText({
  what,
  doneBytes,
  totalBytes,
  elapsedMs,
}: {
  what: string;
  doneBytes: number;
  totalBytes: number;
  elapsedMs: number;
}): string {
  const amount = `${what}  ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`;
  const rate = rateLeft(doneBytes, totalBytes, elapsedMs);
  if (!rate) return amount;
  const { perSecond, secondsLeft } = rate;
  return `${amount}, ${formatBytes(Math.round(perSecond))}/s${secondsLeft > 0 ? `, ${secondsLeft} s left` : ''}`;
}
