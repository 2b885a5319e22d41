import { z } from 'zod';
import { parseDuration } from '../../lib/duration.ts';

export const SECOND_MS = 1000;
export const DAY_MS = 24 * 3_600_000;

/** Text that is shown to people on one screen: no control characters but line ends. */
export const Message = z
  .string()
  .max(2000)
  .regex(/^[^\p{Cc}]*(\n[^\p{Cc}]*)*$/u, 'has control characters');

/** A duration as people write it, within these bounds. */
export const Duration = (minMs: number, maxMs: number) =>
  z.string().refine((text) => {
    const ms = parseDuration(text);
    return ms !== undefined && ms >= minMs && ms <= maxMs;
  }, 'is not a duration in range, such as 30s, 5m, 12h or 3d');
