import { type AppError, type Failure, failureOf } from '../../lib/errors.ts';
import { asJson } from '../../lib/json.ts';
import type { HostPolicy } from '../../policy/host.ts';
import { sameDescriptor } from '../../policy/quarantine.ts';
import { type PolicyChange, policyChanges, whenText } from '../../policy/reading/changes.ts';
import type { Warning } from '../../policy/reading/warning.ts';
import type { When } from '../../policy/table.ts';
import type { ProjectVm } from '../../project/open.ts';
import { hostPolicyDigest } from '../../quarantine/host-policy-digest.ts';
import { hostPolicyText } from '../../quarantine/host-policy-text.ts';
import { liveVersions } from '../../quarantine/versions/versions.ts';
import { packagedPolicy } from '../build/published.ts';
import type { LazaretFile } from '../installer/list.ts';
import type { PackageKind, PackageManifest } from '../manifest.ts';
import type { Contents } from './rules.ts';

/** What parts of a package would take, in bytes. */
export interface FileBytes {
  /** Of the blobs that are there already and that the package carries. */
  exactBytes: number;
  /** What is not packed yet before compression. */
  newBytes: number;
}

/** What a machine would bring into the package. */
export interface MachineBytes extends FileBytes {
  /** The release that its disk would be. */
  release: number;
}

/** What a package of the project would be, before anything is built. */
export interface PackagePlan {
  kind: PackageKind;
  generation: number;
  machines: (MachineBytes & ForeseenVersion & { vm: string; hasDataDisk: boolean; forInstalled: string })[];
  /** `isFirst`: no package has brought a policy of this machine before. */
  policies: { vm: string; isFirst: boolean; changes: ForeseenChange[] }[];
  /** What users’ computers themselves could reach, for people, and whether users will be asked for it. */
  host?: { text: string; isNew: boolean };
  /** The Lazaret that goes with it, for these processors. */
  lazaret?: { version: string; processors: string[] };
  bytes: { exact: number; estimated: number };
  /** Why it would not be built. */
  problems: Omit<Failure, 'details'>[];
  warnings: Warning[];
}

/** The version that installing a machine sets, for people, and whether it is one: a page says in its own language why it is not. */
interface ForeseenVersion {
  version: string;
  versionIs: 'set' | 'none' | 'not-set';
}

interface ForeseenChange extends PolicyChange {
  /** It holds with the machine that the package brings, whatever its policy says of others. */
  withMachine: boolean;
  text: string;
  /** What VMware ACE did here without a word. */
  ace?: string;
}

export interface PlanFacts {
  kind: PackageKind;
  contents: Contents;
  /** The project’s host policy. */
  host: HostPolicy | undefined;
  earlier: readonly PackageManifest[];
  bytes: ReadonlyMap<string, MachineBytes>;
  resources: FileBytes;
  /** Its files of Lazaret itself. */
  lazaret: readonly LazaretFile[];
  problems: readonly AppError[];
  warnings: readonly Warning[];
}

/** Puts together what every rule means for a package that is to be built. */
export function planPackage({
  kind,
  contents,
  host,
  earlier,
  bytes,
  resources,
  lazaret,
  problems,
  warnings,
}: PlanFacts): PackagePlan {
  const machines = contents.machines.flatMap((vm) => {
    const size = bytes.get(vm.name);
    return size ? [{ vm: vm.name, ...size, ...versionOf(vm), ...forInstalled(vm) }] : [];
  });
  const all = [
    ...contents.machines.map((vm) => ({ vm, comesAlone: false })),
    ...contents.policies.map((vm) => ({ vm, comesAlone: true })),
  ];
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  const parts = [...machines, resources];
  const exact = sum(parts.map(({ exactBytes }) => exactBytes));
  return {
    kind,
    generation: (earlier.at(-1)?.generation ?? 0) + 1,
    machines,
    policies: all.map(({ vm, comesAlone }) => ({
      vm: vm.name,
      isFirst: packagedPolicy(earlier, vm.file.value.id) === undefined,
      changes: changesOf(vm, comesAlone, earlier),
    })),
    ...(host ? { host: { text: hostPolicyText(asJson(host)), isNew: isNewHost(host, earlier) } } : {}),
    ...(lazaret[0]
      ? { lazaret: { version: lazaret[0].version, processors: lazaret.map(({ processor }) => processor) } }
      : {}),
    bytes: { exact, estimated: exact + sum(parts.map(({ newBytes }) => newBytes)) },
    problems: problems.map(failureOf).map(({ details: _, ...said }) => said),
    warnings: [...warnings],
  };
}

/** Users consent to exactly what the package before brought, or are asked. */
function isNewHost(host: HostPolicy, earlier: readonly PackageManifest[]): boolean {
  const before = earlier.at(-1)?.host;
  return before === undefined || hostPolicyDigest(before) !== hostPolicyDigest(host);
}

function changesOf(vm: ProjectVm, comesAlone: boolean, earlier: readonly PackageManifest[]): ForeseenChange[] {
  const before = packagedPolicy(earlier, vm.file.value.id);
  const changes = before ? policyChanges(before.policy, vm.policy.value) : [];
  if (!comesAlone)
    return changes.map((change) => ({
      ...change,
      withMachine: true,
      text: 'holds with the machine: at the first start of its new system',
    }));
  return changes.map((change) => ({
    ...change,
    withMachine: false,
    text: whenText(change.when),
    ...silence(change.when),
  }));
}

function silence(when: When): { ace?: string } {
  if (when === 'reinstall') return { ace: 'ignored on installed machines, without a message' };
  if (when === 'with-machine') return { ace: 'packaged without a message; the installation failed at the user’s' };
  return {};
}

/** The version that installing the machine sets. */
function versionOf({ policy, state }: ProjectVm): ForeseenVersion {
  const { quarantine } = policy.value;
  if (quarantine.type !== 'version-based')
    return { version: 'none: its quarantine is not version-based', versionIs: 'none' };
  const found = liveVersions(quarantine).find(({ descriptor }) => sameDescriptor(descriptor, state.descriptor));
  if (found) return { version: found.name, versionIs: 'set' };
  return { version: 'not set: restricted until nq-set runs in the guest', versionIs: 'not-set' };
}

function forInstalled({ file }: ProjectVm): { hasDataDisk: boolean; forInstalled: string } {
  const hasDataDisk = file.value.dataDiskMiB !== undefined;
  const forInstalled = hasDataDisk
    ? 'its system disk is replaced with what was changed on it, its data disk stays as it is'
    : 'is replaced; what the user changed in it is lost, and he is asked before';
  return { hasDataDisk, forInstalled };
}
