import { z } from 'zod';

/** Whether a machine’s user may share a folder of his with it, and whether its guest may write there. */
export const SharedFolder = z.strictObject({
  access: z.enum(['nobody', 'read-only', 'read-write']).default('nobody'),
});
export type SharedFolder = z.infer<typeof SharedFolder>;
export type FolderAccess = SharedFolder['access'];
