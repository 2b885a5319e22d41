import { z } from 'zod';

/** How the machine is shown (ACE 1.0 p. 227): with `fullScreen`, in no other way. */
export const Window = z.strictObject({ fullScreen: z.boolean() });
