import { z } from 'zod';

const MAX_KIB = 8192;

/** Whether texts and pictures that are copied pass between a machine and its user’s computer, each way by itself, and how large they may be. */
export const Clipboard = z.strictObject({
  hostToGuest: z.boolean().default(false),
  guestToHost: z.boolean().default(false),
  mostKiB: z.int().min(1).max(MAX_KIB).default(1024),
});
export type Clipboard = z.infer<typeof Clipboard>;
