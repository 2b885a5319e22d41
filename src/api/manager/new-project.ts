import { z } from 'zod';

/** An empty folder, in which the page can make a project. */
export const RoomAnswer = z.object({ folder: z.string() });
export type RoomAnswer = z.infer<typeof RoomAnswer>;

/** What a project begins with. Its name and addresses are judged as its file is. */
export const NewProjectRequest = z.strictObject({
  name: z.string().max(1000),
  policyServer: z.string().max(4000).exactOptional(),
  packageServer: z.string().max(4000).exactOptional(),
  /** Of the keys that it gets. It is used once and kept nowhere. */
  passphrase: z.string().max(4096),
});

export const NewProjectAnswer = z.object({ name: z.string(), fingerprint: z.string() });
export type NewProjectAnswer = z.infer<typeof NewProjectAnswer>;
