import { basename } from 'node:path';
import { hasChanges } from '../../layer/chain/normalise.ts';
import { openChain } from '../../layer/chain/open-chain.ts';
import type { LayerEntry } from '../../layer/entry.ts';
import { failuresOf } from '../../lib/failures.ts';
import { packedKinds } from '../../project/hardware-kind.ts';
import { projectPaths, vmPaths } from '../../project/layout.ts';
import { takeVmLock } from '../../project/make.ts';
import { type Project, type ProjectVm, vmNamed } from '../../project/open.ts';
import { digestFile, isThere } from '../../sys/files/files.ts';
import { bootFiles } from '../boot-files.ts';
import { policyDocument } from '../build/publish-policies.ts';
import { alreadyDelivered, publishedManifests } from '../build/published.ts';
import { layersBelowWork, releaseEntries, workOf } from '../build/releases.ts';
import { hasResources, resourceFiles } from '../build/resources.ts';
import type { LazaretFile } from '../installer/list.ts';
import { lazaretIn } from '../installer/take.ts';
import type { PackageKind, PackageManifest } from '../manifest.ts';
import { requireFreeName, requirePackageName } from '../package-name.ts';
import { type Brought, broughtPolicy, requireChange } from '../unchanged.ts';
import { contentsOf } from './contents.ts';
import type { FileBytes, MachineBytes, PlanFacts } from './plan.ts';
import { type Contents, findProblems } from './rules.ts';

export interface PlanRequest {
  /** Where it is known already. */
  name?: string;
  kind: PackageKind;
  vms: readonly string[];
  policies: readonly string[];
  resources: boolean;
  since?: number;
  force: boolean;
  strict: boolean;
  /** The folder of the Lazaret that is to go with it. */
  withLazaret?: string;
  signal: AbortSignal;
}

/** What a machine is made of now, as far as packing it would go. */
interface MachineFiles {
  vm: ProjectVm;
  entries: readonly LayerEntry[];
  /** Whether its disk was written since the last of these, and how much. */
  hasNew: boolean;
  newBytes: number;
  boot: readonly Digested[];
}

interface Digested {
  name: string;
  sha256: string;
  bytes: number;
}

/** Looks at the project for what a package would be. Changes nothing. @throws PACKAGE_EMPTY, VM_UNKNOWN, USAGE, PROJECT_INVALID */
export async function planFacts(project: Project, request: PlanRequest): Promise<PlanFacts> {
  const { kind, force, strict } = request;
  const contents = contentsOf(project, kind, request.vms, request.policies, request.resources);
  const earlier = await publishedManifests(projectPaths(project.folder).packages);
  const withResources = hasResources(kind, request.resources);
  const { problems, warnings } = await findProblems(project, contents, {
    ...{ earlier, force, strict, resources: withResources },
  });
  const { name } = request;
  if (name !== undefined)
    problems.push(...(await failuresOf([() => requirePackageName(name), () => requireFreeName(name, earlier)])));
  const found = { kind, contents, host: project.file.value.host, earlier, warnings };
  // What cannot be read has no size.
  if (problems.some(({ code }) => UNREADABLE.has(code)))
    return { ...found, problems, lazaret: [], bytes: new Map(), resources: { exactBytes: 0, newBytes: 0 } };
  const lazaret: LazaretFile[] = [];
  const { withLazaret } = request;
  if (withLazaret !== undefined)
    problems.push(...(await failuresOf([async () => lazaret.push(...(await lazaretIn(withLazaret)))])));
  const machines: MachineFiles[] = [];
  const look =
    ({ name }: ProjectVm) =>
    async () =>
      machines.push(await machineFiles(project, name, request.signal));
  problems.push(...(await failuresOf(contents.machines.map(look))));
  const unknown = await failuresOf(contents.machines.map((vm) => () => deliveredOf(vm, earlier, request)));
  problems.push(...unknown);
  const isAllThere = machines.length === contents.machines.length;
  const resources = withResources ? await digested(await resourceFiles(project)) : undefined;
  const isAskedFor = request.since !== undefined || withLazaret !== undefined;
  if (isAllThere && !force && !isAskedFor && machines.every(({ hasNew }) => !hasNew))
    problems.push(
      ...(await failuresOf([
        () => requireChange(wouldBring(project, request, contents, machines, resources), earlier),
      ])),
    );
  const sizes = new Sizes(earlier);
  // Since a release that no package brought nothing can be counted: it is what the newest package lacks.
  const { since: _, ...sinceNewest } = request;
  const counted = unknown.length > 0 ? sinceNewest : request;
  const bytes = machines.map((machine) => [machine.vm.name, machineBytes(machine, sizes, earlier, counted)] as const);
  return { ...found, problems, lazaret, bytes: new Map(bytes), resources: sizes.files(resources ?? []) };
}

const UNREADABLE: ReadonlySet<string> = new Set([
  'VM_FILE_MISSING',
  'DISK_INVALID',
  'LAYER_INVALID',
  'PROJECT_INVALID',
]);

/** @throws VM_RUNNING, LAYER_*, FILE_* */
async function machineFiles(project: Project, name: string, signal: AbortSignal): Promise<MachineFiles> {
  const { work, kernel, initrd } = vmPaths(project.folder, name);
  await using _lock = await takeVmLock(project, name);
  const vm = vmNamed(project, name);
  const disk = await workOf(project.folder, name);
  const hasNew = await hasChanges({ ...disk, signal });
  const chain = hasNew
    ? await openChain([...(await layersBelowWork(project.folder, name)), work], signal)
    : { files: [], extents: [] };
  return {
    vm,
    entries: await releaseEntries(project.folder, name),
    hasNew,
    newBytes: chain.extents
      .filter(({ depth, offset }) => offset !== undefined && !disk.below.includes(chain.files[depth] ?? ''))
      .reduce((sum, { length }) => sum + length, 0),
    boot: vm.file.value.firmware === 'direct' ? await digested([kernel, initrd]) : [],
  };
}

/** Those of some files that are there. */
async function digested(paths: readonly string[]): Promise<Digested[]> {
  const files: Digested[] = [];
  for (const path of paths) if (await isThere(path)) files.push({ name: basename(path), ...(await digestFile(path)) });
  return files;
}

/** What each file takes in a package, which has it once. */
class Sizes {
  readonly #packed: ReadonlyMap<string, number>;
  readonly #counted = new Set<string>();

  constructor(earlier: readonly PackageManifest[]) {
    const files = earlier.flatMap(({ machines, resources = [] }) => [...machines.flatMap(bootFiles), ...resources]);
    this.#packed = new Map(files.map(({ sha256, blob }) => [sha256, blob.bytes]));
  }

  /** Exactly where an earlier package had the same ones, else as long as they are. */
  files(files: readonly Digested[]): FileBytes {
    const fresh = files.filter(({ sha256 }) => this.#isFirst(sha256));
    const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
    return {
      exactBytes: sum(fresh.map(({ sha256 }) => this.#packed.get(sha256) ?? 0)),
      newBytes: sum(fresh.map(({ sha256, bytes }) => (this.#packed.has(sha256) ? 0 : bytes))),
    };
  }

  layers(entries: readonly LayerEntry[]): number {
    return entries.filter(({ sha256 }) => this.#isFirst(sha256)).reduce((sum, { blob }) => sum + blob.bytes, 0);
  }

  #isFirst(sha256: string): boolean {
    if (this.#counted.has(sha256)) return false;
    this.#counted.add(sha256);
    return true;
  }
}

function machineBytes(
  { vm, entries, hasNew, newBytes, boot }: MachineFiles,
  sizes: Sizes,
  earlier: readonly PackageManifest[],
  request: PlanRequest,
): MachineBytes {
  const delivered = deliveredOf(vm, earlier, request);
  const files = sizes.files(boot.filter(({ sha256 }) => !delivered.has(sha256)));
  const layers = sizes.layers(entries.filter(({ sha256 }) => !delivered.has(sha256)));
  return {
    release: entries.length + (hasNew ? 1 : 0),
    exactBytes: files.exactBytes + layers,
    newBytes: files.newBytes + newBytes,
  };
}

/** What computers have of a machine already. @throws USAGE when no package brought release `since` */
function deliveredOf(vm: ProjectVm, earlier: readonly PackageManifest[], { kind, since }: PlanRequest): Set<string> {
  return kind === 'full' ? new Set() : alreadyDelivered(earlier, { id: vm.file.value.id, name: vm.name }, since);
}

/** What the package would bring, where no disk has changed. */
function wouldBring(
  project: Project,
  { kind }: PlanRequest,
  { machines, policies }: Contents,
  files: readonly MachineFiles[],
  resources: readonly Digested[] | undefined,
): Brought {
  const { name, policyServer, packageServer, host } = project.file.value;
  return {
    kind,
    machines: files.map(({ vm, entries, boot }) => {
      const { id, memoryMiB, cpus, firmware, append, dataDiskMiB, devices } = vm.file.value;
      const { descriptor } = vm.state;
      return {
        ...{ name: vm.name, id, memoryMiB, cpus, firmware, ...packedKinds(vm.file.value) },
        append: firmware === 'direct' ? (append ?? '') : undefined,
        ...(dataDiskMiB === undefined ? {} : { dataDiskMiB }),
        ...(devices === undefined ? {} : { devices }),
        ...(descriptor === undefined ? {} : { descriptor }),
        boot: boot.map(({ sha256 }) => sha256),
        layers: entries.map(({ sha256 }) => sha256),
      };
    }),
    policies: [...machines, ...policies].map((vm) => broughtPolicy(policyDocument(project, vm, 0))),
    resources: resources?.map(({ name: resource, sha256 }) => ({ name: resource, sha256 })),
    host,
    project: [name, policyServer, packageServer],
  };
}
