import { z } from 'zod';
import { LayerEntry, MAX_LAYERS, Sha256 } from '../layer/entry.ts';
import { HostPolicy } from '../policy/host.ts';
import { MachineDevices } from '../policy/parts/machine-devices.ts';
import { RecoveryKey } from '../policy/parts/recovery-key.ts';
import { PolicyDocument, VM_NAME } from '../policy/schema.ts';
import { Clock, HardwareKind, ProcessorKind } from '../project/hardware-kind.ts';
import { DataDiskMiB, Firmware } from '../project/schema.ts';
import { Resources } from './build/resources.ts';
import { contradictions } from './contradictions.ts';
import { PackedFile } from './packed-file.ts';

const MAX_MACHINES = 100;

/** What is new in a package, for the user: no control characters but line ends. */
export const Notes = z
  .string()
  .max(10_000)
  .regex(/^[^\p{Cc}]*(\n[^\p{Cc}]*)*$/u, 'has control characters');

/** Names of packages are file names on every system. */
export const PACKAGE_NAME = /^[a-z0-9]([a-z0-9._-]{0,58}[a-z0-9])?$/;

export const PackedMachine = z.strictObject({
  name: z.string().regex(VM_NAME),
  id: z.uuid(),
  /** How many layers the disk has had: rises with every change of it. */
  release: z.int().min(1),
  memoryMiB: z
    .int()
    .min(32)
    .max(1 << 20),
  cpus: z.int().min(1).max(64),
  firmware: Firmware,
  /** With `uefi`: it starts only what is signed by Microsoft’s keys. */
  secureBoot: z.literal(true).exactOptional(),
  /** Absent for `virtio`. */
  hardware: HardwareKind.exactOptional(),
  /** Absent for `utc`. */
  clock: Clock.exactOptional(),
  /** Absent for `host`. */
  processor: ProcessorKind.exactOptional(),
  /** It has a TPM 2.0, whose state is no part of the package. */
  tpm: z.literal(true).exactOptional(),
  boot: z
    .strictObject({ kernel: PackedFile, initrd: PackedFile.exactOptional(), append: z.string().max(2000) })
    .exactOptional(),
  /** The system disk, bottom layer first. A package of kind `update` may lack blobs of layers that were in earlier ones. */
  layers: z.array(LayerEntry).min(1).max(MAX_LAYERS),
  /** The machine has a data disk, made this large when the machine is installed for the first time. */
  dataDiskMiB: DataDiskMiB.exactOptional(),
  /** What its user may connect while it runs, as far as policy lets him. */
  devices: MachineDevices.exactOptional(),
  /** The version of the administrator’s own copy; installing the machine sets it. */
  descriptor: z.string().max(1024).exactOptional(),
  policy: PolicyDocument,
});
export type PackedMachine = z.infer<typeof PackedMachine>;

export const PackageKind = z.enum(['full', 'update', 'policy', 'custom']);
export type PackageKind = z.infer<typeof PackageKind>;

/** What a package says of itself, signed: docs/formats/package.md. */
export const PackageManifest = z
  .strictObject({
    format: z.literal(1),
    /** The project’s fingerprint and name. */
    project: z.strictObject({ fingerprint: Sha256, name: z.string().max(100) }),
    name: z.string().regex(PACKAGE_NAME),
    kind: PackageKind,
    /** Rises with every package of the project. */
    generation: z.int().min(1),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    /** Nothing older than this generation may be installed or rolled back to from now on. */
    minGeneration: z.int().min(1).exactOptional(),
    notes: Notes.exactOptional(),
    policyServer: z.url().max(2000).exactOptional(),
    packageServer: z.url().max(2000).exactOptional(),
    recoveryKey: RecoveryKey.exactOptional(),
    /** Holds where the user consents; a package without one takes the one of earlier packages away. */
    host: HostPolicy.exactOptional(),
    /** Replace those of the packages before; where this is absent, those stay. */
    resources: Resources.exactOptional(),
    machines: z.array(PackedMachine).max(MAX_MACHINES),
    /** Policies of machines that are not in the package themselves. */
    policies: z.array(PolicyDocument).max(MAX_MACHINES),
  })
  .superRefine((manifest, context) => {
    for (const message of contradictions(manifest)) context.addIssue({ code: 'custom', message });
  });
export type PackageManifest = z.infer<typeof PackageManifest>;

/** `package.json` in a package’s folder: which of the signed manifests the folder was made for. A hint, not a proof. */
export const PackagePointer = z.strictObject({ format: z.literal(1), manifest: z.string().max(200) });

/** The name a manifest is signed under: `<generation>-<package>.json`. */
export function manifestTarget(generation: number, name: string): string {
  return `${generation}-${name}.json`;
}

/** Generation and package name of such a target, or undefined for any other target. */
export function parseManifestTarget(target: string): { generation: number; name: string } | undefined {
  const match = /^([1-9]\d{0,8})-(.+)\.json$/.exec(target);
  if (!match?.[2] || !PACKAGE_NAME.test(match[2])) return undefined;
  return { generation: Number(match[1]), name: match[2] };
}
