import { z } from 'zod';
import { Message } from './parts/fields.ts';
import type { MachinePolicy } from './schema.ts';

/** What a hot fix is for; exactly these (ACE 1.0 pp. 150-151). */
export const HOT_FIX_PROBLEMS = ['password', 'expired', 'moved'] as const;
export type HotFixProblem = (typeof HOT_FIX_PROBLEMS)[number];

/** So long after its request a hot fix is taken (D28). */
export const HOT_FIX_DAYS = 7;

const Line = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, 'has control characters');

/** Whether users may ask for hot fixes, and how; a project without it has none (ACE 1.0 p. 223). */
export const HotFixes = z.strictObject({
  /** The problems that one may be asked for. */
  problems: z
    .array(z.enum(HOT_FIX_PROBLEMS))
    .min(1)
    .max(HOT_FIX_PROBLEMS.length)
    .refine((problems) => new Set(problems).size === problems.length, 'names a problem twice'),
  /** Whoever may use the machine, or the computer’s root alone. */
  askedBy: z.enum(['users', 'root']).default('users'),
  /** Where requests go by mail, and what stands in their subject. */
  email: z.email().max(254).exactOptional(),
  subject: Line(200).exactOptional(),
  /** The number that is called where there is no network. */
  telephone: Line(100).exactOptional(),
  /** What else a user is told to do with his request. */
  instructions: Message.exactOptional(),
});
export type HotFixes = z.infer<typeof HotFixes>;

const Hex32 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');

/** The public halves of the project’s key for hot fixes: Ed25519 for files, X25519 for the telephone. */
export const HotFixKey = z.strictObject({ signs: Hex32, telephone: Hex32 });
export type HotFixKey = z.infer<typeof HotFixKey>;

/** What computers are told of it: with each machine’s policy, which is signed. */
export const OfferedHotFixes = HotFixes.extend({ key: HotFixKey });
export type OfferedHotFixes = z.infer<typeof OfferedHotFixes>;

/**
 * Why no hot fix may be asked for a problem of a machine, whoever asks; undefined where one may. A password that encrypts is lost
 * without a recovery key (ACE 1.0 p. 82).
 */
export function noHotFix(
  { hotFixes, policy }: { hotFixes?: OfferedHotFixes; policy: Pick<MachinePolicy, 'encryption'> },
  problem: HotFixProblem,
): string | undefined {
  if (!hotFixes) return 'the project has no hot fixes';
  if (!hotFixes.problems.includes(problem)) return `the project has no hot fixes for this problem: ${problem}`;
  return problem === 'password' ? unrecoverable(policy) : undefined;
}

/** A new password alone opens no encrypted disk: its key has to come from the recovery key. */
function unrecoverable({ encryption }: Pick<MachinePolicy, 'encryption'>): string | undefined {
  if (!encryption?.disks || encryption.recovery) return undefined;
  return 'its disks are encrypted, and nobody can recover them: its policy has no recovery';
}

/** The problems that a user of a machine can be told to ask a hot fix for. */
export function askableProblems(document: {
  hotFixes?: OfferedHotFixes;
  policy: Pick<MachinePolicy, 'encryption' | 'authentication'>;
}): HotFixProblem[] {
  const hasPassword = document.policy.authentication?.type === 'password';
  return HOT_FIX_PROBLEMS.filter(
    (problem) => (problem !== 'password' || hasPassword) && mayAskHotFix(document, problem),
  );
}

/** Whether whoever is refused for this problem can be told to ask for a hot fix. */
export function mayAskHotFix(document: Parameters<typeof noHotFix>[0], problem: HotFixProblem): boolean {
  return document.hotFixes?.askedBy === 'users' && noHotFix(document, problem) === undefined;
}
