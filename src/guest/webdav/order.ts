import { z } from 'zod';

/** Where whoever serves a folder finds the port. */
export const PORT_FD = 3;

/** What whoever serves a folder is told. */
export const ShareOrder = z.strictObject({
  path: z.string(),
  readOnly: z.boolean(),
  /** Who it becomes; absent where it is that user already. */
  user: z.strictObject({ uid: z.int(), groups: z.array(z.int()).min(1) }).exactOptional(),
});
export type ShareOrder = z.infer<typeof ShareOrder>;
