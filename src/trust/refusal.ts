import { LengthOrHashMismatchError, UnsignedMetadataError } from '@tufjs/models/dist/error.js';
import { BadVersionError, ExpiredMetadataError, PersistError } from 'tuf-js/dist/error.js';
import { AppError, type ErrorCode } from '../lib/errors.ts';

type Refusal = [kind: new (...args: never[]) => Error, code: ErrorCode, text: string];

/** tuf-js's errors, which it does not export by name from its front door, and what they mean to us. */
const REFUSALS: readonly Refusal[] = [
  [UnsignedMetadataError, 'TRUST_SIGNATURE', 'is not signed by enough of the keys it must be signed by'],
  [BadVersionError, 'TRUST_ROLLBACK', 'has another version than the one it has to have'],
  [ExpiredMetadataError, 'TRUST_EXPIRED', 'has expired'],
  [LengthOrHashMismatchError, 'TRUST_DIGEST', 'is not the file that was signed'],
  [PersistError, 'DISK_FULL', 'could not be kept'],
];

/**
 * The code for what stopped the verification of `what`. Whatever has no code of its own is TRUST_INVALID: the bytes came
 * from outside, and bytes that make the verifier fail in an unforeseen way are not to be trusted.
 */
export function asRefusal(error: unknown, what: string): AppError {
  if (error instanceof AppError) return error;
  const known = REFUSALS.find(([kind]) => error instanceof kind);
  const reason = error instanceof Error ? error.message : 'unknown';
  return new AppError(known?.[1] ?? 'TRUST_INVALID', `${what} ${known?.[2] ?? 'cannot be understood'}`, {
    cause: error,
    details: { reason },
  });
}
