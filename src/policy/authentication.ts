import { z } from 'zod';
import { Script } from './script.ts';

const Account = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}]+$/u, 'has control characters');

/** Who may open a machine (ACE 1.0 pp. 82-83). */
export const Authentication = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('password'),
    minimumLength: z.int().min(1).max(128).exactOptional(),
    /** Each class that is named must occur. */
    contents: z
      .array(z.enum(['capitals', 'lowercase', 'numerals', 'symbols']))
      .max(4)
      .default([]),
  }),
  z.strictObject({
    type: z.literal('users-and-groups'),
    users: z.array(Account).max(10_000).default([]),
    groups: z.array(Account).max(10_000).default([]),
  }),
  /** A file of the project’s `resources/` decides. */
  z.strictObject({ type: z.literal('script'), ...Script.shape }),
]);
export type Authentication = z.infer<typeof Authentication>;

/** The settings of it that nothing enforces yet. */
export function unenforcedAuthentication({ authentication }: { authentication?: Authentication }): string[] {
  return authentication === undefined || authentication.type === 'none' ? [] : ['authentication.type'];
}
