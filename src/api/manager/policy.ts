import { z } from 'zod';
import { MachinePolicy } from '../../policy/schema.ts';
import { Seen } from './seen.ts';

/** As large as the project’s files may be. */
const PolicyText = z.string().max(8 << 20);

/** What a text says as a policy, or all that is wrong with it, each with its field. */
export const ReadPolicyAnswer = z.object({
  policy: MachinePolicy.exactOptional(),
  problems: z.array(z.object({ field: z.string(), message: z.string() })),
});
export type ReadPolicyAnswer = z.infer<typeof ReadPolicyAnswer>;

/** A machine’s policy file as its administrator wrote it. */
export const PolicyAnswer = ReadPolicyAnswer.extend({ seen: Seen, text: z.string() });
export type PolicyAnswer = z.infer<typeof PolicyAnswer>;

export const ReadPolicyRequest = z.strictObject({ text: PolicyText });
export const WritePolicyRequest = z.strictObject({ text: PolicyText, policy: MachinePolicy });
export const WrittenPolicyAnswer = z.object({ text: z.string() });
/** A password for the administrator; the answer is the policy that lets him in with it. */
export const AdministratorAccessRequest = z.strictObject({ password: z.string().max(4096) });

export const SavePolicyRequest = z.strictObject({ seen: Seen, text: PolicyText });
