import { z } from 'zod';
import type { Authentication } from './authentication.ts';
import type { Problem } from './reading/problem.ts';

/** What of an installed machine is unreadable without its user (ACE 1.0 p. 82). */
export const Encryption = z.strictObject({
  /** Its disks are encrypted at its first opening, and lie in clear on the computer of nobody who does not open it. */
  disks: z.boolean().default(false),
  /** Its files beside the disks are sealed by the computer it is installed on, and refused where they were changed; implied by `disks`. */
  configuration: z.boolean().default(false),
  /** The administrator can let a user in who has lost his password, by the project’s recovery key. */
  recovery: z.boolean().default(false),
});
export type Encryption = z.infer<typeof Encryption>;

/**
 * Nobody could be asked for what an encrypted machine is opened with (ACE 1.0 p. 82), or nothing that he gives opens it: that a domain says
 * yes is no key; and nothing brings back what a script wrote.
 */
export function checkEncryption(policy: { encryption?: Encryption; authentication?: Authentication }): Problem[] {
  const { encryption, authentication } = policy;
  const type = authentication?.type ?? 'none';
  const problems: Problem[] = [];
  if (encryption?.disks && !['password', 'script'].includes(type))
    problems.push({ path: ['encryption', 'disks'], message: 'needs a password or a script that opens the machine' });
  if (encryption?.recovery && !encryption.disks)
    problems.push({ path: ['encryption', 'recovery'], message: 'is for machines whose disks are encrypted' });
  if (encryption?.recovery && type === 'script')
    problems.push({ path: ['encryption', 'recovery'], message: 'is for machines that a password opens' });
  return problems;
}
