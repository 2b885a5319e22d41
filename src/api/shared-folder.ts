import { z } from 'zod';

/** The folder of the computer that a machine’s guest is to have, by its path from the root. */
export const ShareFolderRequest = z.strictObject({
  path: z.string().startsWith('/').max(4096),
  readOnly: z.boolean(),
});
export type ShareFolderRequest = z.infer<typeof ShareFolderRequest>;
