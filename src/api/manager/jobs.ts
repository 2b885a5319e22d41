import { z } from 'zod';
import { FOREIGN_KINDS } from '../../lib/import-notes.ts';
import { Warning } from '../../policy/reading/warning.ts';
import { WHENS } from '../../policy/when.ts';
import { FailureText } from '../failure.ts';
import { ImportNote } from './import-ace.ts';

const Name = z.string().min(1).max(100);
const Names = z.array(Name).max(1000);
const DAY_MS = 86_400_000;

/** The largest image that is taken from a page. A disk has at most 8 TiB, and an image of one is rarely a tenth of it. */
const MAX_UPLOAD_BYTES = 2 ** 40;

/** A machine that is to be added, from a disk image of this computer or from one that the page then sends. */
export const ImportRequest = z.strictObject({
  vm: Name,
  memoryMiB: z
    .int()
    .min(32)
    .max(1 << 20)
    .exactOptional(),
  /** Without these two, what the description of the machine says. */
  cpus: z.int().min(1).max(64).exactOptional(),
  dataDiskMiB: z
    .int()
    .min(1)
    .max(1 << 24)
    .exactOptional(),
  /** Without it, the disk’s partitions decide. */
  firmware: z.enum(['bios', 'uefi']).exactOptional(),
  /** Without these two, what the description of the machine says, else none. */
  tpm: z.boolean().exactOptional(),
  secureBoot: z.boolean().exactOptional(),
  /** What runs in it: picks its hardware and its clock. */
  os: z.enum(['linux', 'windows', 'other']).exactOptional(),
  /** Without it, Lazaret finds it out. */
  diskFormat: z.enum(['qcow2', 'raw', 'vmdk', 'vdi', 'vhdx', 'vhd']).exactOptional(),
  disk: z.union([
    z.strictObject({ path: z.string().startsWith('/').max(4000) }),
    z.strictObject({
      upload: z.strictObject({ name: z.string().min(1).max(255), bytes: z.int().min(1).max(MAX_UPLOAD_BYTES) }),
    }),
  ]),
});

/** A file of this computer that a machine may be added from. */
export const ForeignPlanRequest = z.strictObject({ path: z.string().startsWith('/').max(4000) });

/** What becomes of a machine of another program, before anything of it is copied. */
export const ForeignPlanAnswer = z.object({
  /** `image`: a disk, which says nothing of a machine. */
  kind: z.enum(FOREIGN_KINDS),
  memoryMiB: z.int().exactOptional(),
  cpus: z.int().exactOptional(),
  firmware: z.enum(['bios', 'uefi']).exactOptional(),
  tpm: z.boolean().exactOptional(),
  secureBoot: z.boolean().exactOptional(),
  disk: z.string(),
  notes: z.array(ImportNote),
});
export type ForeignPlanAnswer = z.infer<typeof ForeignPlanAnswer>;

/** What a machine becomes for other programs: all of it, or its disk alone. */
export const EXPORT_FORMATS = ['ova', 'qcow2'] as const;

/** The file of this computer that a machine is written to; its folder is there, and it is not. */
export const ExportRequest = z.strictObject({
  format: z.enum(EXPORT_FORMATS),
  path: z.string().startsWith('/').max(4000),
});

/** Under its policies, as users will see it, or without any. */
export const RunRequest = z.strictObject({
  mode: z.enum(['preview', 'power-on']),
  /** Boots it where it is suspended: what is in its memory is lost. */
  discard: z.boolean().exactOptional(),
  /** Puts the CD with the guest tools into a drive of its own. */
  guestTools: z.boolean().exactOptional(),
});

/** What whoever signs says. It is used once and kept nowhere. */
const Signed = {
  passphrase: z.string().max(4096),
  /** He was told what speaks against this computer’s clock, and says that it is right. */
  clockIsRight: z.boolean().default(false),
};

/** What a package is to have in it. */
const Contents = {
  kind: z.enum(['full', 'update', 'policy', 'custom']),
  /** The machines, or those whose policies it brings; none for all. */
  vms: Names.default([]),
  /** In a custom package: those whose policies it brings without them. */
  policies: Names.default([]),
  resources: z.boolean().default(false),
  /** The release that computers have at least. */
  since: z.int().min(1).exactOptional(),
  force: z.boolean().default(false),
  strict: z.boolean().default(false),
  /** The folder of this computer with the Debian packages of Lazaret that go with it. */
  withLazaret: z.string().startsWith('/').max(4000).exactOptional(),
};

export const PackagePlanRequest = z.strictObject(Contents);
export const BuildRequest = z.strictObject({
  ...Contents,
  ...Signed,
  name: Name,
  /** The folder of this computer that receives it. */
  out: z.string().startsWith('/').max(4000),
  format: z.enum(['folder', 'tar', 'iso']).default('folder'),
  volumeBytes: z.int().min(1).exactOptional(),
  mode: z.enum(['fast', 'small', 'smallest']).default('small'),
  validForMs: z
    .int()
    .min(1)
    .default(365 * DAY_MS),
  notes: z.string().max(10_000).exactOptional(),
  minGeneration: z.int().min(1).exactOptional(),
  /** Whom alone it is for: who knows a passphrase, or recipients of age. */
  encryptTo: z
    .union([
      z.strictObject({ passphrase: z.string().min(1).max(4096) }),
      z.strictObject({ recipients: z.array(z.string().max(200)).min(1).max(100) }),
    ])
    .exactOptional(),
});

/** What a package would be, with what every rule means for it, before anything is built. */
export const PackagePlanAnswer = z.object({
  kind: z.string(),
  generation: z.int(),
  machines: z.array(
    z.object({
      vm: z.string(),
      release: z.int(),
      version: z.string(),
      versionIs: z.enum(['set', 'none', 'not-set']),
      hasDataDisk: z.boolean(),
      forInstalled: z.string(),
      exactBytes: z.number(),
      newBytes: z.number(),
    }),
  ),
  policies: z.array(
    z.object({
      vm: z.string(),
      isFirst: z.boolean(),
      changes: z.array(
        z.object({
          section: z.string(),
          when: z.enum(WHENS),
          withMachine: z.boolean(),
          text: z.string(),
          ace: z.string().exactOptional(),
        }),
      ),
    }),
  ),
  host: z.object({ text: z.string(), isNew: z.boolean() }).exactOptional(),
  lazaret: z.object({ version: z.string(), processors: z.array(z.string()) }).exactOptional(),
  bytes: z.object({ exact: z.number(), estimated: z.number() }),
  warnings: z.array(Warning),
  /** Why it would not be built. */
  problems: z.array(FailureText),
  /** What speaks against this computer’s clock: whoever builds has to say that it is right, where that can be said. */
  clock: FailureText.exactOptional(),
});
export type PackagePlanAnswer = z.infer<typeof PackagePlanAnswer>;

/** Who writes into a directory. */
const Account = z.strictObject({ user: z.string().min(1).max(1000), password: z.string().min(1).max(1000) });

export const DeployRequest = z.strictObject({
  ...Signed,
  /** Where policies are put; without it, on the project’s policy server where a deploy goes there unasked. */
  to: z.string().min(1).max(4000).exactOptional(),
  account: Account.exactOptional(),
  validForMs: z
    .int()
    .min(1)
    .default(30 * DAY_MS),
});

/** Where a deploy can go, and who may put policies there. */
export const DeployPlaceAnswer = z.object({
  /** The place that a deploy goes to without being told, where there is one. */
  to: z.string().exactOptional(),
  needsAccount: z.boolean(),
  /** How people write the places that a deploy can go to. */
  forms: z.array(z.string()),
});
export type DeployPlaceAnswer = z.infer<typeof DeployPlaceAnswer>;

/** A machine of the project that was suspended. */
export const LeftAnswer = z.object({ vm: z.string(), state: z.literal('suspended') });
