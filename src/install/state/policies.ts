import { z } from 'zod';
import { PolicyDocument } from '../../policy/schema.ts';
import { readState, writeState } from './instances.ts';
import { instancePaths } from './layout.ts';
import { isConfigurationSettled, seals, settleConfiguration } from './machine/settle-configuration.ts';

/** `policy.json`: the last policy that a package brought for the machine. It stays when the machine is rolled back. */
const BroughtPolicy = z.strictObject({
  format: z.literal(1),
  /** Of the package. */
  generation: z.int().min(1),
  policyServer: z.url().exactOptional(),
  document: PolicyDocument,
});
export type BroughtPolicy = z.infer<typeof BroughtPolicy>;

/** @throws FILE_MISSING, FILE_INVALID */
export function readPolicy(state: string, vm: string): Promise<BroughtPolicy> {
  return readState(instancePaths(state, vm).policy, BroughtPolicy);
}

export async function writePolicy(state: string, vm: string, policy: Omit<BroughtPolicy, 'format'>): Promise<void> {
  await writeState(instancePaths(state, vm).policy, { format: 1, ...policy });
}

/** Whether a machine’s files have the form that its policy wants. @throws STATE_DAMAGED, SEAL_* */
export async function isSealSettled(state: string, vm: string): Promise<boolean> {
  return isConfigurationSettled(state, vm, seals((await readPolicy(state, vm)).document.policy));
}

/** Brings them into it: what was begun is brought to its end. @throws STATE_DAMAGED, SEAL_*, DISK_FULL */
export async function settleSeal(state: string, vm: string): Promise<void> {
  await settleConfiguration(state, vm, seals((await readPolicy(state, vm)).document.policy));
}
