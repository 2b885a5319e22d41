import { parseDuration } from '../lib/duration.ts';
import { AppError } from '../lib/errors.ts';

/** How long commands wait for a guest to have its address where they are told no time. */
export const DEFAULT_WAIT = '3m';
const MAX_WAIT_MS = 3_600_000;

/** The time that `--wait` gives, or the usual one where it gives none. @throws USAGE */
export function waitMs(given: string | true = true): number {
  const ms = parseDuration(given === true ? DEFAULT_WAIT : given);
  if (ms === undefined || ms > MAX_WAIT_MS)
    throw new AppError('USAGE', `“${given}” is not a time to wait: give 30s or 5m, an hour at most`);
  return ms;
}
