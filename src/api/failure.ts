import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../lib/errors.ts';

/** What a person is told of a failure. */
export const FailureText = z.object({ code: z.string(), reason: z.string(), remedy: z.string() });

/** A code of ours. */
export const FailureCode = z.custom<ErrorCode>((code) => typeof code === 'string' && code in ERRORS);

/** What any request may be answered with instead: the same code, reason and remedy as everywhere. */
export const FailureAnswer = z.object({
  error: z.object({
    code: FailureCode,
    reason: z.string(),
    remedy: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
});
