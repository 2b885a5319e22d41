import { z } from 'zod';

/** Whether a user may keep states of the machine to go back to, and how many. */
export const Snapshots = z.strictObject({ enabled: z.boolean(), most: z.int().min(1).max(32).default(8) });
