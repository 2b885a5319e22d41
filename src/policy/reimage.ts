import { z } from 'zod';

/** Whether a user may put the machine back to the state in which it was installed (ACE 1.0 pp. 226-227). */
export const Reimage = z.strictObject({ enabled: z.boolean() });
type Reimage = z.infer<typeof Reimage>;

/** The settings of it that nothing enforces yet. */
export function unenforcedReimage({ reimage }: { reimage?: Reimage }): string[] {
  return reimage?.enabled ? ['reimage.enabled'] : [];
}
