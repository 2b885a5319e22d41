import { z } from 'zod';
import type { Authentication } from './authentication.ts';
import type { Problem } from './problem.ts';

/** What of an installed machine is unreadable without its user (ACE 1.0 p. 82). */
export const Encryption = z.strictObject({
  /** Its disks are encrypted at its first opening, and lie in clear on the computer of nobody who does not open it. */
  disks: z.boolean().default(false),
  /** The configuration cannot be changed by the user; implied by `disks`. */
  configuration: z.boolean().default(false),
  /** The administrator can let a user in who has lost his password, by the project’s recovery key. */
  recovery: z.boolean().default(false),
});
export type Encryption = z.infer<typeof Encryption>;

/** The settings of it that nothing enforces yet: disks are opened by a password, or by what a script writes. */
export function unenforcedEncryption(policy: { encryption?: Encryption; authentication?: Authentication }): string[] {
  const { encryption = Encryption.parse({}), authentication } = policy;
  const { disks, configuration, recovery } = encryption;
  const type = authentication?.type ?? 'none';
  const asked = {
    configuration,
    // What a script writes is not lost as a password is: nothing brings it back.
    recovery: recovery && type === 'script',
    disks: disks && !['password', 'script'].includes(type),
  };
  return Object.entries(asked).flatMap(([setting, isAsked]) => (isAsked ? [`encryption.${setting}`] : []));
}

/** Nobody could be asked for what an encrypted machine is opened with (ACE 1.0 p. 82). */
export function checkEncryption(policy: { encryption?: Encryption; authentication?: Authentication }): Problem[] {
  const { encryption, authentication } = policy;
  const isOpen = authentication === undefined || authentication.type === 'none';
  const problems: Problem[] = [];
  if (encryption?.disks && isOpen)
    problems.push({ path: ['encryption', 'disks'], message: 'needs another authentication than none' });
  if (encryption?.recovery && !encryption.disks)
    problems.push({ path: ['encryption', 'recovery'], message: 'is for machines whose disks are encrypted' });
  return problems;
}
