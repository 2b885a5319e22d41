import { z } from 'zod';

/** What a file is to be called in the guest. */
export const SentFileQuery = z.strictObject({ name: z.string().max(1000) });

export const SentFileAnswer = z.object({ vm: z.string(), name: z.string(), bytes: z.int() });
export type SentFileAnswer = z.infer<typeof SentFileAnswer>;
