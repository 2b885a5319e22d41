import { z } from 'zod';

/** Whether a machine runs only where it was installed (ACE 1.0 p. 84). */
export const CopyProtection = z.strictObject({ enabled: z.boolean() });
type CopyProtection = z.infer<typeof CopyProtection>;

/** The settings of it that nothing enforces yet. */
export function unenforcedCopying({ copyProtection }: { copyProtection?: CopyProtection }): string[] {
  return copyProtection?.enabled ? ['copyProtection.enabled'] : [];
}
