import { z } from 'zod';
import { DAY_MS, Duration, Message } from './parts/fields.ts';
import { Script } from './parts/script.ts';

const MINUTE_MS = 60_000;
/** No plug-in can give a machine more days at once (ACE 1.0 p. 246). */
export const MOST_DAYS = 32_767;

/** What is said and asked when the time of a machine comes to its end. */
const ENDING = {
  /** Shown once it is over. */
  message: Message.exactOptional(),
  /** Shown from so long before the end on. */
  warning: z
    .strictObject({ before: Duration(MINUTE_MS, 366 * DAY_MS), message: Message.exactOptional() })
    .exactOptional(),
  /** A plug-in that may give the machine more time, or less. */
  renewal: Script.exactOptional(),
};

/** How long an installed machine may be used (ACE 1.0 pp. 83-84). Days are those of the computer that it is on. */
export const Expiration = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('never') }),
  /** So many days after the day of its installation; it may be used on the last of them too. */
  z.strictObject({ type: z.literal('days'), days: z.int().min(1).max(MOST_DAYS), ...ENDING }),
  /** On this day for the last time. */
  z.strictObject({ type: z.literal('date'), date: z.iso.date(), ...ENDING }),
]);
export type Expiration = z.infer<typeof Expiration>;

export const NEVER: Expiration = { type: 'never' };
