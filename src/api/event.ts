import { z } from 'zod';

/** Something that happened to a machine or this computer, and why. Kinds that a reader does not know are text to it. */
export const EventAnswer = z.object({
  /** ISO time. */
  at: z.string(),
  vm: z.string().exactOptional(),
  /** The number of the user whose machine it is about; without it, it is for everybody. */
  owner: z.int().exactOptional(),
  kind: z.string(),
  text: z.string(),
  details: z.record(z.string(), z.unknown()).exactOptional(),
});
export type EventAnswer = z.infer<typeof EventAnswer>;

const MAX_LAST = 1000;

/** How many of the past are wanted, at most a thousand, and whether what comes is wanted too. */
export const EventsQuery = z.strictObject({
  last: z.coerce
    .number()
    .int()
    .min(0)
    .transform((last) => Math.min(MAX_LAST, last))
    .default(100),
  follow: z.stringbool().default(false),
});
