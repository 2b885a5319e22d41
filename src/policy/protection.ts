import { z } from 'zod';
import { Script } from './script.ts';

/** What of an installed machine is unreadable without its user (ACE 1.0 p. 82). */
export const Encryption = z.strictObject({
  /** Disks and configuration are encrypted when the machine is installed. */
  disks: z.boolean().default(false),
  /** The configuration cannot be changed by the user; implied by `disks`. */
  configuration: z.boolean().default(false),
  /** The administrator can let a user in who has lost his password, by the project’s recovery key. */
  recovery: z.boolean().default(false),
});
export type Encryption = z.infer<typeof Encryption>;

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

/** Whether a user may put the machine back to the state in which it was installed (ACE 1.0 pp. 226-227). */
export const Reimage = z.strictObject({ enabled: z.boolean() });
