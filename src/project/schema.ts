import { z } from 'zod';
import { HostPolicy } from '../policy/host.ts';
import { HotFixes, HotFixKey } from '../policy/hot-fixes.ts';
import { Domain } from '../policy/parts/domain.ts';
import { MachineDevices } from '../policy/parts/machine-devices.ts';
import { RecoveryKey } from '../policy/parts/recovery-key.ts';
import { PolicyServer } from '../servers/kinds.ts';
import { Clock, GuestSystem, HardwareKind, ProcessorKind } from './hardware-kind.ts';

const Url = z.url({ protocol: /^(https?|file)$/ }).max(2000);

/** `lazaret.yaml`: what holds for the whole project. */
export const ProjectFile = z
  .strictObject({
    format: z.literal(1),
    name: z
      .string()
      .min(1)
      .max(100)
      .regex(/^[^\p{Cc}]*$/u, 'has control characters'),
    /** SHA-256 of the first root of trust: who this project is, whatever it is called. */
    fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
    /** Where computers look policies up: the address of the published folder `policies/`, or a place in a directory. */
    policyServer: PolicyServer.exactOptional(),
    /** Where computers fetch packages by `lazaret update`: the address of the published folder `packages/`. */
    packageServer: Url.exactOptional(),
    /** What users’ computers themselves may reach, where their users consent. Every package brings it. */
    host: HostPolicy.exactOptional(),
    /** Whose accounts open machines whose policy asks for `users-and-groups`. */
    domain: Domain.exactOptional(),
    /** The age recipient that encrypted machines can be opened by. It cannot change once a package was made. */
    recoveryKey: RecoveryKey.exactOptional(),
    /** What users may ask hot fixes for, and how. */
    hotFixes: HotFixes.exactOptional(),
    /** The public halves of `keys/hot-fix.pem`. */
    hotFixKey: HotFixKey.exactOptional(),
  })
  .refine((project) => project.hotFixes === undefined || project.hotFixKey !== undefined, {
    path: ['hotFixes'],
    message: 'needs the project’s key for hot fixes: `lazaret-manager keys rotate hot-fix` makes it',
  });
export type ProjectFile = z.infer<typeof ProjectFile>;

/** The size of a machine’s data disk: up to 16 TiB. */
export const DataDiskMiB = z
  .int()
  .min(1)
  .max(1 << 24);

/** What a machine has where nobody says how much. */
export const USUAL_SIZE = { memoryMiB: 1024, cpus: 1 } as const;

export const Firmware = z.enum(['bios', 'uefi', 'direct']);

/** `vms/<name>/vm.yaml`: a machine’s hardware. Its disks and boot files lie beside it under fixed names. */
export const VmFile = z
  .strictObject({
    format: z.literal(1),
    id: z.uuid(),
    memoryMiB: z
      .int()
      .min(32)
      .max(1 << 20)
      .default(USUAL_SIZE.memoryMiB),
    cpus: z.int().min(1).max(64).default(USUAL_SIZE.cpus),
    /** `direct` starts the kernel in `boot/` without firmware. */
    firmware: Firmware.default('bios'),
    /** With `uefi`: it starts only what is signed by Microsoft’s keys. */
    secureBoot: z.boolean().exactOptional(),
    /** What runs in it; `hardware` and `clock` follow it where they are not named. */
    os: GuestSystem.exactOptional(),
    hardware: HardwareKind.exactOptional(),
    clock: Clock.exactOptional(),
    processor: ProcessorKind.exactOptional(),
    /** It has a TPM 2.0; each installation gets a new one of its own. */
    tpm: z.boolean().exactOptional(),
    /** The machine has a data disk of this size, which is the user’s: no package ever replaces it. */
    dataDiskMiB: DataDiskMiB.exactOptional(),
    /** What its user may connect while it runs, as far as the policy `devices` lets him. */
    devices: MachineDevices.exactOptional(),
    /** The kernel’s command line, with `direct` only. */
    append: z
      .string()
      .max(2000)
      .regex(/^[^\p{Cc}]*$/u, 'has control characters')
      .exactOptional(),
  })
  .refine((vm) => vm.append === undefined || vm.firmware === 'direct', {
    path: ['append'],
    message: 'goes with firmware: direct only',
  })
  .refine((vm) => vm.secureBoot !== true || vm.firmware === 'uefi', {
    path: ['secureBoot'],
    message: 'goes with firmware: uefi only',
  });
export type VmFile = z.infer<typeof VmFile>;

/** `vms/<name>/state.json`: the version of the administrator’s own copy, set by `nq-set` in preview. */
export const VmState = z.strictObject({ format: z.literal(1), descriptor: z.string().max(1024).exactOptional() });
export type VmState = z.infer<typeof VmState>;
