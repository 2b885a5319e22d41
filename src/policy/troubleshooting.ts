import { z } from 'zod';

/** Whether a user may reset the machine and power it off (ACE 1.0 p. 226). Shutting its guest down is always his. */
export const Troubleshooting = z.strictObject({ power: z.boolean() });
