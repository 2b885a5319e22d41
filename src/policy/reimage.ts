import { z } from 'zod';

/** Whether a user may put the machine back to the state in which it was installed (ACE 1.0 pp. 226-227). */
export const Reimage = z.strictObject({ enabled: z.boolean() });
