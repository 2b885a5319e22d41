import { AppError } from '../lib/errors.ts';
import { canonicalJson } from '../lib/json.ts';
import type { HostPolicy } from '../policy/host.ts';
import type { PolicyDocument } from '../policy/schema.ts';
import { packedKinds } from '../project/hardware-kind.ts';
import { bootFiles } from './boot-files.ts';
import { packagedPolicy } from './build/published.ts';
import type { PackageKind, PackageManifest, PackedMachine } from './manifest.ts';

interface NamedDigest {
  name: string;
  sha256: string;
}

/** A machine without its policy, its files by their digests. */
interface BroughtMachine
  extends Pick<
    PackedMachine,
    | 'name'
    | 'id'
    | 'memoryMiB'
    | 'cpus'
    | 'firmware'
    | 'hardware'
    | 'clock'
    | 'processor'
    | 'dataDiskMiB'
    | 'devices'
    | 'descriptor'
  > {
  append: string | undefined;
  boot: readonly string[];
  layers: readonly string[];
}

/** What a package brings, without what every package has anew. */
export interface Brought {
  kind: PackageKind;
  machines: readonly BroughtMachine[];
  /** The policies of its machines, and those that come alone, by the machine’s id. */
  policies: readonly Pick<PolicyDocument, 'vmId' | 'policy' | 'domain' | 'recoveryKey' | 'hotFixes'>[];
  resources: readonly NamedDigest[] | undefined;
  host: HostPolicy | undefined;
  /** The project’s name and its servers. */
  project: readonly (string | undefined)[];
}

/** A policy without its place in the order of deploys. */
export function broughtPolicy({
  format: _,
  project: __,
  vm: ___,
  serial: ____,
  ...brought
}: PolicyDocument): Brought['policies'][number] {
  return brought;
}

/** What a package brings, by its manifest. */
export function broughtBy(manifest: PackageManifest): Brought {
  const { kind, machines, policies, resources, host, project, policyServer, packageServer } = manifest;
  return {
    kind,
    machines: machines.map((machine) => {
      const { name, id, memoryMiB, cpus, firmware, dataDiskMiB, devices, descriptor } = machine;
      return {
        ...{ name, id, memoryMiB, cpus, firmware, append: machine.boot?.append },
        ...packedKinds(machine),
        ...(dataDiskMiB === undefined ? {} : { dataDiskMiB }),
        ...(devices === undefined ? {} : { devices }),
        ...(descriptor === undefined ? {} : { descriptor }),
        boot: bootFiles(machine).map(({ sha256 }) => sha256),
        layers: machine.layers.map(({ sha256 }) => sha256),
      };
    }),
    policies: [...machines.map(({ policy }) => policy), ...policies].map(broughtPolicy),
    resources: resources?.map(({ name, sha256 }) => ({ name, sha256 })),
    host,
    project: [project.name, policyServer, packageServer],
  };
}

/**
 * The name of the earlier package after which this one brings nothing: of a full package the last full one, of others the
 * last of all, which all computers are taken to have.
 */
function sameAsEarlier(next: Brought, earlier: readonly PackageManifest[]): string | undefined {
  if (next.kind === 'full') {
    const full = earlier.findLast(({ kind }) => kind === 'full');
    return full && isSame(broughtBy(full), next) ? full.name : undefined;
  }
  const last = earlier.at(-1);
  return last && !bringsMore(next, earlier) ? last.name : undefined;
}

/** @throws PACKAGE_UNCHANGED */
export function requireChange(next: Brought, earlier: readonly PackageManifest[]): void {
  const same = sameAsEarlier(next, earlier);
  if (same === undefined) return;
  const what = `nothing has changed since the ${next.kind === 'full' ? 'full ' : ''}package ${same}`;
  throw new AppError('PACKAGE_UNCHANGED', what, { details: { package: same } });
}

function bringsMore(next: Brought, earlier: readonly PackageManifest[]): boolean {
  const all = earlier.map(broughtBy);
  const last = all.at(-1);
  const machines = all.flatMap((brought) => brought.machines);
  const resources = all.findLast((brought) => brought.resources !== undefined)?.resources;
  return (
    !isSame([last?.project, last?.host], [next.project, next.host]) ||
    (next.resources !== undefined && !isSame(resources, next.resources)) ||
    next.machines.some(
      (machine) =>
        !isSame(
          machines.findLast(({ id }) => id === machine.id),
          machine,
        ),
    ) ||
    next.policies.some((policy) => {
      const had = packagedPolicy(earlier, policy.vmId);
      return !had || !isSame(broughtPolicy(had), policy);
    })
  );
}

function isSame(a: unknown, b: unknown): boolean {
  return canonicalJson([a]) === canonicalJson([b]);
}
