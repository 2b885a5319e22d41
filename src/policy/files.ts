import { z } from 'zod';

const MOST_MIB = 4096;

/** Whether its user may put files of his into the machine, and how large each may be. */
export const Files = z.strictObject({
  hostToGuest: z.boolean().default(false),
  mostMiB: z.int().min(1).max(MOST_MIB).default(100),
});
export type Files = z.infer<typeof Files>;
