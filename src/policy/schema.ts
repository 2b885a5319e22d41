import { z } from 'zod';
import { OfferedHotFixes } from './hot-fixes.ts';
import { Domain } from './parts/domain.ts';
import { RecoveryKey } from './parts/recovery-key.ts';
import { POLICIES } from './table.ts';

type Sections = { [Name in keyof typeof POLICIES]: (typeof POLICIES)[Name]['schema'] };

/**
 * The policies of one machine, as they stand in `policy.yaml`. Every other key is refused, because a setting that nothing
 * enforces must not be ignored.
 */
export const MachinePolicy = z.strictObject({ format: z.literal(1), ...sections() });
export type MachinePolicy = z.infer<typeof MachinePolicy>;

/** The table’s schemas by their names: the one thing that the compiler cannot follow by itself. */
function sections(): Sections {
  return Object.fromEntries(Object.entries(POLICIES).map(([name, { schema }]) => [name, schema])) as Sections;
}

/** A policy as it is published and packed: which project, which machine, and its place in the order of deploys. */
export const PolicyDocument = z.strictObject({
  format: z.literal(1),
  project: z.string().regex(/^[0-9a-f]{64}$/),
  vm: z.string().max(40),
  vmId: z.uuid(),
  /** Rises with every deploy; a computer never goes back to a lower one. */
  serial: z.int().min(0),
  /** Whose accounts open the machine, where its policy asks for those. */
  domain: Domain.exactOptional(),
  policy: MachinePolicy,
  /** Whom the machine’s disks are encrypted for beside its user, where its policy allows recovery. */
  recoveryKey: RecoveryKey.exactOptional(),
  /** The project’s own, the same for all its machines; without it there are none. */
  hotFixes: OfferedHotFixes.exactOptional(),
});
export type PolicyDocument = z.infer<typeof PolicyDocument>;

/** A machine’s name: a file name everywhere, a DNS label, and nothing that differs in case only. */
export const VM_NAME = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;
