import type { LayerEntry } from '../../layer/entry.ts';
import { formatBytes } from '../../lib/bytes.ts';
import { AppError } from '../../lib/errors.ts';
import { bootFiles } from '../../package/boot-files.ts';
import type { PackageManifest, PackedMachine } from '../../package/manifest.ts';
import type { PackedFile } from '../../package/packed-file.ts';
import { requireFloor } from '../state/floor.ts';
import type { KnownHostPolicy } from '../state/host-policy.ts';
import { type HostPlan, planHost } from './plan-host.ts';
import { type PolicyFacts, type PolicyPlan, planPolicies } from './plan-policies.ts';

/** What is known of this computer when a package is to be installed. */
export interface ComputerFacts {
  machines: readonly (PolicyFacts & { generation: number; runs?: number; hasDataDisk: boolean })[];
  /** Digests of the layers and files that are here already. */
  layers: ReadonlySet<string>;
  /** Digests of layers that one file stands for, together with all layers below them. */
  flattened: ReadonlySet<string>;
  files: ReadonlySet<string>;
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
  /** `keep`: this very state is installed already. */
  action: 'add' | 'replace' | 'keep';
  /**
   * What the user changed inside the machine is lost (ACE 1.0 p. 141): he is told and asked. With a data disk, which
   * stays, the system disk is the administrator’s.
   */
  losesChanges: boolean;
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
  files: readonly PackedFile[];
  /** Bytes of all blobs, and bytes the computer must have room for beyond what it has of them. */
  fetchBytes: number;
  needBytes: number;
}

const MARGIN_BYTES = 64 << 20;

/**
 * What a verified package means for this computer.
 * @throws TRUST_EXPIRED, TRUST_FLOOR, TRUST_ROLLBACK (older than what is installed), VM_RUNNING
 */
export function plan(manifest: PackageManifest, facts: ComputerFacts): InstallPlan {
  if (facts.now > Date.parse(manifest.expiresAt)) {
    throw new AppError('TRUST_EXPIRED', `the package ${manifest.name} expired on ${manifest.expiresAt}`);
  }
  requireFloor(manifest.generation, facts.minGeneration, `the package ${manifest.name}`);
  const machines = manifest.machines.map((machine) => planMachine(machine, manifest.generation, facts));
  const wanted = machines.filter(({ action }) => action !== 'keep').map(({ machine }) => machine);
  const layers = distinct(wanted.flatMap((machine) => missingLayers(machine, facts)));
  const files = distinct([...wanted.flatMap(bootFiles), ...(manifest.resources ?? [])]).filter(
    ({ sha256 }) => !facts.files.has(sha256),
  );
  const fetchBytes = sum([...layers, ...files].map(({ blob }) => blob.bytes));
  const stagedBytes = sum(
    [...layers, ...files].map(({ blob }) => Math.min(blob.bytes, facts.staged.get(blob.sha256) ?? 0)),
  );
  const unpackedBytes = sum([...layers, ...files].map(({ bytes }) => bytes));
  const needBytes = fetchBytes - stagedBytes + unpackedBytes + (wanted.length > 0 ? MARGIN_BYTES : 0);
  const policies = planPolicies(manifest, facts.machines);
  const host = planHost(manifest, facts.host);
  const { name, generation } = manifest;
  return { package: name, generation, machines, policies, host, layers, files, fetchBytes, needBytes };
}

function missingLayers({ layers }: PackedMachine, facts: ComputerFacts): LayerEntry[] {
  const flattened = layers.findLastIndex(({ sha256 }) => facts.flattened.has(sha256));
  return layers.slice(flattened + 1).filter(({ sha256 }) => !facts.layers.has(sha256));
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

function planMachine(machine: PackedMachine, generation: number, { machines }: ComputerFacts): MachinePlan {
  const installed = machines.find(({ vm }) => vm === machine.name);
  if (!installed) return { machine, action: 'add', losesChanges: false, afterStop: false };
  if (installed.generation > generation) {
    const what = `the package is of generation ${generation}; ${machine.name} is installed from generation ${installed.generation}`;
    throw new AppError('TRUST_ROLLBACK', what, { details: { generation, installed: installed.generation } });
  }
  if (installed.generation === generation) return { machine, action: 'keep', losesChanges: false, afterStop: false };
  if (installed.runs === generation) {
    const what = `${machine.name} was rolled back from generation ${generation}, but still runs it`;
    throw new AppError('VM_RUNNING', what, { details: { vm: machine.name } });
  }
  return { machine, action: 'replace', losesChanges: !installed.hasDataDisk, afterStop: installed.runs !== undefined };
}

function distinct<T extends { sha256: string }>(entries: readonly T[]): T[] {
  return [...new Map(entries.map((entry) => [entry.sha256, entry])).values()];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
