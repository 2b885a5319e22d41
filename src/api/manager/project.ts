import { z } from 'zod';
import { Warning } from '../../policy/reading/warning.ts';
import { FailureText } from '../failure.ts';

const QuarantineType = z.enum(['none', 'static', 'dynamic', 'version-based', 'custom']);

/** A machine of the project; one whose files are damaged has a name alone. */
const MachineRow = z.object({
  name: z.string(),
  sound: z
    .object({
      id: z.string(),
      memoryMiB: z.int(),
      cpus: z.int(),
      firmware: z.enum(['bios', 'uefi', 'direct']),
      hardware: z.enum(['virtio', 'compatible']),
      clock: z.enum(['utc', 'localtime']),
      processor: z.enum(['host', 'x86-64-v2', 'x86-64-v3']),
      tpm: z.boolean(),
      secureBoot: z.boolean(),
      dataDiskMiB: z.int().exactOptional(),
      /** What its users may connect, as far as its policy lets them: by name. */
      devices: z.array(z.string()).exactOptional(),
      type: QuarantineType,
      /** How many are defined. */
      versions: z.int(),
      newest: z.string().exactOptional(),
      /** Of the administrator’s own copy, by name where it has one. */
      version: z.string().exactOptional(),
      isSuspended: z.boolean(),
    })
    .exactOptional(),
});
export type MachineRow = z.infer<typeof MachineRow>;

/** Something that `policy check` finds, and where. */
const ProblemAnswer = FailureText.extend({
  vm: z.string().exactOptional(),
  /** Relative to the project’s folder. */
  file: z.string().exactOptional(),
  field: z.string().exactOptional(),
});
export type ProblemAnswer = z.infer<typeof ProblemAnswer>;

/**
 * What computers do not have yet, because nobody deployed it:
 * new       they were never told of this machine
 * changed   they have another policy of it
 * gone      they still have one of a machine that the project has no more
 */
const NotDeployed = z.object({ vm: z.string(), change: z.enum(['new', 'changed', 'gone']) });
export type NotDeployed = z.infer<typeof NotDeployed>;

/**
 * What the newest package of a machine has not:
 * never     there is no package with it
 * disk      its disk was changed since
 * version   the administrator’s copy is at another version
 * behind    the administrator’s copy is not at the newest version: nobody ran nq-set in it
 * policy    its policy, which only packages bring, was changed since
 */
const NotReleased = z.object({ vm: z.string(), why: z.enum(['never', 'disk', 'version', 'behind', 'policy']) });
export type NotReleased = z.infer<typeof NotReleased>;

/** All of a project at a glance. */
export const ProjectAnswer = z.object({
  /** Absolute. */
  folder: z.string(),
  /** What stands in its file; not there where that is damaged. */
  identity: z
    .object({
      name: z.string(),
      fingerprint: z.string(),
      policyServer: z.string().exactOptional(),
      packageServer: z.string().exactOptional(),
    })
    .exactOptional(),
  machines: z.array(MachineRow),
  problems: z.array(ProblemAnswer),
  warnings: z.array(Warning),
  notDeployed: z.array(NotDeployed),
  notReleased: z.array(NotReleased),
});
export type ProjectAnswer = z.infer<typeof ProjectAnswer>;

/** The packages that were made, newest first. */
export const PackagesAnswer = z.object({
  packages: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['full', 'update', 'policy', 'custom']),
      generation: z.int(),
      createdAt: z.string(),
      expiresAt: z.string(),
      machines: z.array(z.object({ name: z.string(), release: z.int() })),
      policies: z.array(z.string()),
      notes: z.string().exactOptional(),
    }),
  ),
});
export type PackagesAnswer = z.infer<typeof PackagesAnswer>;
