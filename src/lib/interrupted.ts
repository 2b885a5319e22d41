import { AppError } from './errors.ts';

/** Ends work that was called off before it goes on. @throws INTERRUPTED, or the failure for which it was called off */
export function requireGoing(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted(signal.reason);
}

/** Why work ended that was called off: whoever calls it off need not know our errors. */
export function interrupted(reason: unknown): AppError {
  return reason instanceof AppError
    ? reason
    : new AppError('INTERRUPTED', 'the work was interrupted', { cause: reason });
}
