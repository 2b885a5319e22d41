import { z } from 'zod';

/** A user of this computer, by number. */
export const UserNumber = z
  .int()
  .min(0)
  .max(2 ** 32 - 2);

/** Whose socket is asked for: by it the service knows who asks. */
export const OwnSocketRequest = z.strictObject({ uid: UserNumber });
export const OwnSocketAnswer = z.object({ socket: z.string() });
export type OwnSocketAnswer = z.infer<typeof OwnSocketAnswer>;
