import type { LayerEntry } from '../../layer/entry.ts';
import { formatBytes } from '../../lib/bytes.ts';
import { AppError } from '../../lib/errors.ts';
import { bootFiles } from '../../package/boot-files.ts';
import type { PackageManifest, PackedMachine } from '../../package/manifest.ts';
import type { PackedFile } from '../../package/packed-file.ts';
import { NEVER } from '../../policy/expiration.ts';
import { isOverAtOnce } from '../../policy/parts/term.ts';
import { requireFloor } from '../state/floor.ts';
import type { KnownHostPolicy } from '../state/host-policy.ts';
import type { Damage } from '../state/machine/damage.ts';
import { encrypts } from '../state/machine/locked.ts';
import { type Asker, maySee, type Owner } from '../state/machine/owner.ts';
import { encryptionRefusal } from './plan-encryption.ts';
import { type HostPlan, planHost } from './plan-host.ts';
import { type PolicyFacts, type PolicyPlan, planPolicies } from './plan-policies.ts';

/** What is known of one machine; of one that is damaged, as far as it can be read. */
export interface InstalledMachine {
  vm: string;
  vmId: string | undefined;
  owner: Owner;
  /** That its next start uses; 0 where that is not known. */
  generation: number;
  /** That it runs now. */
  runs?: number;
  hasDataDisk: boolean;
  /** Its disks are encrypted, or are to be: the layers that it has for itself. */
  locked?: Pick<ComputerFacts, 'layers' | 'flattened'> & {
    /** Something opens them already: a password that its user chose, or what a script wrote. */
    hasKey: boolean;
    /** Which script that is, where it is one. */
    script?: string;
  };
  /** What its user keeps of it: the names, and the generation of each. */
  snapshots?: readonly { name: string; generation: number }[];
  /** Its disks may stand on those of snapshots, of removed ones too. */
  standsOnSnapshots?: true;
  /** It is suspended. */
  suspended?: true;
  policy?: PolicyFacts;
  damage?: Damage;
}

/** What is known of this computer when a package is to be installed. */
export interface ComputerFacts {
  machines: readonly InstalledMachine[];
  /** Digests of the layers and files that are here already. */
  layers: ReadonlySet<string>;
  /** Digests of layers that one file stands for, together with all layers below them. */
  flattened: ReadonlySet<string>;
  files: ReadonlySet<string>;
  /** Digests of what came of layers and was kept as it came. */
  packed: ReadonlySet<string>;
  /** Bytes that a broken installation has already fetched, by the digest of their blob. */
  staged: ReadonlyMap<string, number>;
  freeBytes: number;
  /** What is known of the computer’s own rules. */
  host?: KnownHostPolicy;
  /** The lowest generation that may be installed. */
  minGeneration: number;
  now: number;
}

interface MachinePlan {
  machine: PackedMachine;
  /**
   * `keep`: this very state, or a newer one, is installed already; `mend`: it is, but damaged; `refuse`: it stays as it is,
   * for the reason in `refusal`.
   */
  action: 'add' | 'replace' | 'keep' | 'mend' | 'refuse';
  refusal?: AppError;
  /** With `mend`: its system disk stays, with all that was changed on it. */
  keepsSystem?: true;
  /**
   * What the user changed inside the machine is lost (ACE 1.0 p. 141): he is told and asked. With a data disk, which
   * stays, the system disk is the administrator’s.
   */
  losesChanges: boolean;
  /** The snapshots that cannot be gone back to afterwards; all others are kept. */
  unusable?: readonly string[];
  /** It is suspended, and cannot go on in the new state: what is in its memory alone is lost. */
  losesMemory?: true;
  /** By its policy its time is over already: it does not start, whatever is installed. */
  isOver?: true;
  /** The machine runs on and takes the new state at its next start. */
  afterStop: boolean;
}

/** All that installing a package will do, before anything is done. */
export interface InstallPlan {
  package: string;
  generation: number;
  machines: readonly MachinePlan[];
  policies: readonly PolicyPlan[];
  host: HostPlan;
  layers: readonly LayerEntry[];
  /** Digests of those of them that are kept as they come: they are for machines whose disks are encrypted at their next opening. */
  packed: ReadonlySet<string>;
  files: readonly PackedFile[];
  /** Bytes of all blobs, and bytes the computer must have room for beyond what it has of them. */
  fetchBytes: number;
  needBytes: number;
}

const MARGIN_BYTES = 64 << 20;

/** For whom a package is planned. */
export interface PlanFor {
  asker: Asker;
  /** It is opened for that machine’s sake: of others it may be older than what is installed, which stays. */
  vm?: string;
  /** What is another user’s was not asked for, and is not spoken of. */
  leavesOthers?: boolean;
}

/**
 * What a verified package means for this computer. What is another user’s stays as it is.
 * @throws TRUST_EXPIRED, TRUST_FLOOR, TRUST_ROLLBACK (older than what is installed), VM_RUNNING
 */
export function plan(whole: PackageManifest, facts: ComputerFacts, planFor: PlanFor): InstallPlan {
  const { asker, vm, leavesOthers = false } = planFor;
  const others = new Set(facts.machines.filter(({ owner }) => !maySee(asker, owner)).map((machine) => machine.vm));
  const manifest = leavesOthers ? without(whole, others) : whole;
  const { name, generation } = manifest;
  const isAside = (other: string) => vm !== undefined && other !== vm;
  const machines = manifest.machines.map((machine) =>
    others.has(machine.name)
      ? taken(machine)
      : {
          ...withEnd(planMachine(machine, generation, facts, isAside(machine.name)), facts),
          ...unusable(machine, manifest, facts),
        },
  );
  const known = facts.machines.flatMap(({ policy }) => (policy && !others.has(policy.vm) ? [policy] : []));
  const policies = planPolicies(manifest, known, isAside);
  const isIdle =
    machines.every(({ action }) => action === 'keep') && policies.every(({ action }) => action !== 'apply');
  if (vm === undefined || !isIdle) requireFresh(manifest, facts);
  const wanted = machines
    .filter(({ action }) => action !== 'keep' && action !== 'refuse')
    .map(({ machine }) => machine);
  const isLocked = (machine: PackedMachine) =>
    encrypts(machine.policy.policy) || lockedOf(machine, facts) !== undefined;
  const inClear = wanted.filter((machine) => !isLocked(machine)).flatMap((machine) => missingLayers(machine, facts));
  const layers = distinct([
    ...inClear,
    ...wanted.filter(isLocked).flatMap((machine) => unpackedLayers(machine, facts)),
  ]);
  const packed = new Set(layers.filter((layer) => !inClear.includes(layer)).map(({ sha256 }) => sha256));
  const files = distinct([...wanted.flatMap(bootFiles), ...(manifest.resources ?? [])]).filter(
    ({ sha256 }) => !facts.files.has(sha256),
  );
  const fetchBytes = sum([...layers, ...files].map(({ blob }) => blob.bytes));
  const stagedBytes = sum(
    [...layers, ...files].map(({ blob }) => Math.min(blob.bytes, facts.staged.get(blob.sha256) ?? 0)),
  );
  const unpackedBytes = sum([...layers, ...files].map(({ bytes }) => bytes));
  const needBytes = fetchBytes - stagedBytes + unpackedBytes + (wanted.length > 0 ? MARGIN_BYTES : 0);
  const host = planHost(manifest, facts.host);
  return { package: name, generation, machines, policies, host, layers, packed, files, fetchBytes, needBytes };
}

function without(manifest: PackageManifest, others: ReadonlySet<string>): PackageManifest {
  return {
    ...manifest,
    machines: manifest.machines.filter(({ name }) => !others.has(name)),
    policies: manifest.policies.filter(({ vm }) => !others.has(vm)),
  };
}

/** A computer has one machine of a name. */
function taken(machine: PackedMachine): MachinePlan {
  const refusal = new AppError('VM_TAKEN', `another user of this computer has ${machine.name}`, {
    details: { vm: machine.name },
  });
  return { machine, action: 'refuse', refusal, losesChanges: false, afterStop: false };
}

function missingLayers({ layers }: PackedMachine, facts: ComputerFacts): LayerEntry[] {
  const flattened = layers.findLastIndex(({ sha256 }) => facts.flattened.has(sha256));
  return layers.slice(flattened + 1).filter(({ sha256 }) => !facts.layers.has(sha256));
}

function lockedOf({ name }: PackedMachine, { machines }: ComputerFacts): InstalledMachine['locked'] {
  return machines.find(({ vm }) => vm === name)?.locked;
}

/** The layers that a machine whose disks are encrypted has in no form yet. */
function unpackedLayers(machine: PackedMachine, facts: ComputerFacts): LayerEntry[] {
  const own = lockedOf(machine, facts);
  const missing = missingLayers(machine, facts).filter(({ blob }) => !facts.packed.has(blob.sha256));
  return own ? missing.filter((layer) => missingLayers(machine, { ...facts, ...own }).includes(layer)) : missing;
}

/** What the user changed in a machine is not thrown away before he knows. @throws INSTALL_CONFIRM */
export function requireNoLoss({ machines }: InstallPlan): void {
  const losing = machines.filter(({ losesChanges }) => losesChanges).map(({ machine }) => machine.name);
  if (losing.length === 0) return;
  const what = `all that was changed in ${losing.join(', ')} will be lost`;
  throw new AppError('INSTALL_CONFIRM', what, { details: { machines: losing } });
}

/** @throws DISK_FULL */
export function requireRoom({ needBytes }: InstallPlan, freeBytes: number): void {
  if (needBytes <= freeBytes) return;
  const what = `installing needs ${formatBytes(needBytes)}, ${formatBytes(freeBytes)} are free`;
  throw new AppError('DISK_FULL', what, { details: { needBytes, freeBytes } });
}

/** @throws TRUST_EXPIRED, TRUST_FLOOR */
function requireFresh({ name, generation, expiresAt }: PackageManifest, { now, minGeneration }: ComputerFacts): void {
  if (now > Date.parse(expiresAt)) throw new AppError('TRUST_EXPIRED', `the package ${name} expired on ${expiresAt}`);
  requireFloor(generation, minGeneration, `the package ${name}`);
}

function planMachine(
  machine: PackedMachine,
  generation: number,
  { machines }: ComputerFacts,
  isAside: boolean,
): MachinePlan {
  const stays = { machine, losesChanges: false, afterStop: false };
  const installed = machines.find(({ vm }) => vm === machine.name);
  if (!installed) return { ...stays, action: 'add' };
  const { damage, runs, hasDataDisk } = installed;
  if (isAside && installed.generation > generation) return { ...stays, action: 'keep' };
  const refusal = refusalOf(machine, installed) ?? encryptionRefusal(machine, installed);
  if (refusal) return { ...stays, action: 'refuse', refusal };
  if (installed.generation > generation) {
    const what = `the package is of generation ${generation}; ${machine.name} is installed from generation ${installed.generation}`;
    throw new AppError('TRUST_ROLLBACK', what, { details: { generation, installed: installed.generation } });
  }
  const isSame = installed.generation === generation;
  if (isSame && damage?.keepsSystem) return { ...stays, action: 'mend', keepsSystem: true };
  if (isSame && !damage) return { ...stays, action: 'keep' };
  if (runs === generation) {
    const what = `${machine.name} was rolled back from generation ${generation}, but still runs it`;
    throw new AppError('VM_RUNNING', what, { details: { vm: machine.name } });
  }
  const action = damage && !damage.keepsSystem ? 'mend' : 'replace';
  // Where its disks are encrypted the next start writes them: nobody here knows what opens them.
  const afterStop = runs !== undefined || installed.locked !== undefined || encrypts(machine.policy.policy);
  const memory = installed.suspended ? { losesMemory: true as const } : {};
  return { machine, action, losesChanges: !hasDataDisk, afterStop, ...memory };
}

/** The snapshots of a machine that are below what the project will demand: they stay, and cannot be gone back to. */
function unusable(
  { name }: PackedMachine,
  { minGeneration = 0 }: PackageManifest,
  facts: ComputerFacts,
): Pick<MachinePlan, 'unusable'> {
  const snapshots = facts.machines.find(({ vm }) => vm === name)?.snapshots ?? [];
  const below = snapshots.filter(({ generation }) => generation >= facts.minGeneration && generation < minGeneration);
  return below.length === 0 ? {} : { unusable: below.map((snapshot) => snapshot.name) };
}

function withEnd(planned: MachinePlan, { now }: ComputerFacts): MachinePlan {
  const isKept = planned.action === 'keep' || planned.action === 'refuse';
  const { expiration = NEVER } = planned.machine.policy.policy;
  return !isKept && isOverAtOnce(expiration, now) ? { ...planned, isOver: true } : planned;
}

/** What is not put in the place of a machine, whatever the user confirms; the rest of the package is installed. */
function refusalOf({ name, id }: PackedMachine, { vmId, damage, runs }: InstalledMachine): AppError | undefined {
  const details = { vm: name };
  if (vmId !== undefined && vmId !== id)
    return new AppError('VM_OTHER', `${name} here is another machine than the package’s of that name`, { details });
  if (damage && runs !== undefined)
    return new AppError('VM_RUNNING', `${name} is damaged, and runs: ${damage.failure.message}`, { details });
  return undefined;
}

/** All else was installed; the result is a failure all the same, as with policies. @throws VM_TAKEN, VM_OTHER, VM_RUNNING */
export function requireAllTaken({ machines }: InstallPlan, details: Record<string, unknown> = {}): void {
  const refusal = machines.find((machine) => machine.refusal)?.refusal;
  if (refusal) throw new AppError(refusal.code, refusal.message, { details: { ...refusal.details, ...details } });
}

function distinct<T extends { sha256: string }>(entries: readonly T[]): T[] {
  return [...new Map(entries.map((entry) => [entry.sha256, entry])).values()];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
