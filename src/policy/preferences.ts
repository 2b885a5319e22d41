import { z } from 'zod';

/** Whether a user may change how the machine is shown to him; where not, all is as the product has it. */
export const Preferences = z.strictObject({ enabled: z.boolean() });
