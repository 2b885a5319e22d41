import { z } from 'zod';
import { HostPolicy } from '../policy/host.ts';
import { FailureText } from './failure.ts';
import { UserNumber } from './own-socket.ts';

/** What the user has confirmed of a change. */
const Confirmed = {
  /** He knows which machines lose what he changed in them. */
  replace: z.boolean(),
  /** The former systems are kept, to be rolled back to. */
  keepOld: z.boolean(),
  /** The digest of the rules for the computer itself that he consents to. */
  consentTo: z.string().max(100).exactOptional(),
};
/** What opens a package where it is encrypted: its passphrase, or an identity of age. */
const PackageSecret = z.string().min(1).max(4096).exactOptional();
const Package = {
  /** A folder’s path or an address. */
  source: z.string().min(1).max(4000),
  /** The project’s fingerprint as the user was told it. */
  fingerprint: z.string().max(100).exactOptional(),
  secret: PackageSecret,
};
export const InstallRequest = z.strictObject({
  ...Package,
  ...Confirmed,
  /** Whose the machines are to be that are new here: without it, of the user who asks; what root installs, everybody’s. */
  for: z.union([z.literal('all'), UserNumber]).exactOptional(),
});
export type InstallRequest = z.infer<typeof InstallRequest>;
export const PlanRequest = z.strictObject(Package);
/** Without a source, what the project’s own address has. */
export const LazaretRequest = z.strictObject({ ...Package, source: Package.source.exactOptional() });
export type LazaretRequest = z.infer<typeof LazaretRequest>;
export const UpdateRequest = z.strictObject({
  vm: z.string().max(100).exactOptional(),
  /** All of a machine is fetched where its update cannot be applied. */
  full: z.boolean(),
  /** Where what lies at the project’s address is encrypted. */
  secret: PackageSecret,
  ...Confirmed,
});
export type UpdateRequest = z.infer<typeof UpdateRequest>;
export const UninstallRequest = z.strictObject({
  vms: z.array(z.string().max(100)).min(1).max(1000),
  confirmed: z.boolean(),
});

/** What became, or would become, of one policy. */
const PolicyAnswer = z.object({
  vm: z.string(),
  action: z.enum(['with-machine', 'apply', 'keep', 'absent', 'refuse']),
  changes: z
    .array(
      z.object({
        section: z.string(),
        when: z.enum(['at-once', 'next-start', 'next-update', 'reinstall', 'with-machine']),
      }),
    )
    .readonly(),
});
export type PolicyAnswer = z.infer<typeof PolicyAnswer>;

/** Rules for the computer itself, and what a consent to them is given by. */
export const HostRules = z.object({ digest: z.string(), policy: HostPolicy });
export type HostRules = z.infer<typeof HostRules>;
/** What became, or would become, of them. */
const HostChange = z.union([
  HostRules.extend({ action: z.literal('ask') }),
  z.object({ action: z.enum(['older', 'none', 'drop', 'keep']) }),
]);
export type HostChange = z.infer<typeof HostChange>;

/** What became, or would become, of one machine. */
const MachineChange = z.object({
  vm: z.string(),
  action: z.enum(['add', 'replace', 'keep', 'mend', 'refuse']),
  afterStop: z.boolean(),
  losesChanges: z.boolean(),
  /** It is suspended, and cannot go on in the new state. */
  losesMemory: z.literal(true).exactOptional(),
  /** The names of snapshots that cannot be gone back to afterwards. */
  unusable: z.array(z.string()).readonly().exactOptional(),
  /** By the policy in the package its time is over already. */
  isOver: z.literal(true).exactOptional(),
});
export type MachineChange = z.infer<typeof MachineChange>;

/** What an installation did. */
export const InstalledAnswer = z.object({
  project: z.object({ name: z.string(), fingerprint: z.string() }),
  package: z.string(),
  generation: z.int(),
  notes: z.string().exactOptional(),
  machines: z.array(MachineChange),
  policies: z.array(PolicyAnswer),
  host: HostChange,
});
export type InstalledAnswer = z.infer<typeof InstalledAnswer>;

/** The Debian packages of Lazaret itself that a project has signed. */
const SignedFiles = z.array(
  z.object({
    file: z.string(),
    version: z.string(),
    processor: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
);

/** What an installation would do, and what would keep it from it. */
export const PlanAnswer = InstalledAnswer.extend({
  kind: z.string(),
  expiresAt: z.string(),
  bytes: z.object({ fetch: z.number(), need: z.number(), free: z.number() }),
  problems: z.array(FailureText),
  /** The Lazaret that comes with it, where one does. */
  lazaret: SignedFiles.exactOptional(),
});
export type PlanAnswer = z.infer<typeof PlanAnswer>;

/** Which Lazaret itself a project hands out, and where. */
export const LazaretAnswer = z.object({
  project: z.object({ name: z.string(), fingerprint: z.string() }),
  source: z.string(),
  files: SignedFiles,
});
export type LazaretAnswer = z.infer<typeof LazaretAnswer>;

export const UninstalledAnswer = z.object({
  removed: z.array(z.object({ vm: z.string(), hasDataDisk: z.boolean() })),
});
export type UninstalledAnswer = z.infer<typeof UninstalledAnswer>;

/** How far a change is. */
const ProgressAnswer = z.object({
  step: z.enum(['fetch', 'rebuild', 'switch']),
  what: z.string(),
  doneBytes: z.number(),
  totalBytes: z.number(),
});
export type ProgressAnswer = z.infer<typeof ProgressAnswer>;

/** A line of an answer that goes on: how far it is, or what it came to. */
export const ProgressLine = z.union([z.object({ progress: ProgressAnswer }), z.object({ result: z.unknown() })]);

/** What was found when all that is installed was read. */
export const ProvedAnswer = z.object({
  machines: z.array(
    z.object({
      vm: z.string(),
      failure: FailureText.exactOptional(),
      /** What the machine itself wrote; of one that runs nothing is said. */
      disks: z.array(
        z.object({
          what: z.string(),
          failure: FailureText.exactOptional(),
          runs: z.literal(true).exactOptional(),
          locked: z.literal(true).exactOptional(),
        }),
      ),
    }),
  ),
});
export type ProvedAnswer = z.infer<typeof ProvedAnswer>;
