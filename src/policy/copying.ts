import { z } from 'zod';

/** Whether a machine runs only where it was installed (ACE 1.0 p. 84). */
export const CopyProtection = z.strictObject({ enabled: z.boolean() });
