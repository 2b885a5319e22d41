import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../lib/errors.ts';

/** What a person is told of a failure. */
export const FailureText = z.object({
  code: z.string(),
  reason: z.string(),
  /** What led to it, from the nearest to the first. */
  causes: z.array(z.string()).readonly().exactOptional(),
  remedy: z.string(),
  /** The path of the log that says more. */
  log: z.string().exactOptional(),
});
export type FailureText = z.infer<typeof FailureText>;

/** A code of ours. */
export const FailureCode = z.custom<ErrorCode>((code) => typeof code === 'string' && code in ERRORS);
export type FailureCode = z.infer<typeof FailureCode>;

/** What any request may be answered with instead: the same code, reason and remedy as everywhere. */
export const FailureAnswer = z.object({
  error: z.object({
    code: FailureCode,
    reason: z.string(),
    causes: z.array(z.string()).readonly().default([]),
    remedy: z.string(),
    log: z.string().exactOptional(),
    details: z.record(z.string(), z.unknown()),
  }),
});
export type FailureAnswer = z.infer<typeof FailureAnswer>;
