import { projectPaths, vmPaths } from '../project/layout.ts';
import { type Project, type ProjectVm, vmNamed } from '../project/open.ts';
import { digestFile, isThere } from '../sys/files.ts';
import { contentsOf } from './contents.ts';
import { hasChanges } from './layer/normalise.ts';
import { openChain } from './layer/open-chain.ts';
import type { PackageKind, PackageManifest } from './manifest.ts';
import { bootFiles } from './parts.ts';
import type { MachineBytes, PlanFacts } from './plan.ts';
import { alreadyDelivered, publishedManifests } from './published.ts';
import { releaseEntries, releaseLayers } from './releases.ts';
import { findProblems } from './rules.ts';

export interface PlanRequest {
  kind: PackageKind;
  vms: readonly string[];
  policies: readonly string[];
  since?: number;
  force: boolean;
  strict: boolean;
  signal: AbortSignal;
}

/** Looks at the project for what a package would be. Changes nothing. @throws PACKAGE_EMPTY, VM_UNKNOWN, USAGE, PROJECT_INVALID */
export async function planFacts(project: Project, request: PlanRequest): Promise<PlanFacts> {
  const { kind, force, strict } = request;
  const contents = contentsOf(project, kind, request.vms, request.policies);
  const earlier = await publishedManifests(projectPaths(project.folder).packages);
  const found = await findProblems(project, contents, { earlier, force, strict });
  const bytes = new Map<string, MachineBytes>();
  for (const { name } of contents.machines)
    bytes.set(name, await machineBytes(project, vmNamed(project, name), earlier, request));
  return { kind, contents, earlier, bytes, ...found };
}

async function machineBytes(
  project: Project,
  { name, file }: ProjectVm,
  earlier: readonly PackageManifest[],
  { kind, since, signal }: PlanRequest,
): Promise<MachineBytes> {
  const { work } = vmPaths(project.folder, name);
  const entries = await releaseEntries(project.folder, name);
  const below = await releaseLayers(project.folder, name);
  const delivered = kind === 'full' ? new Set<string>() : alreadyDelivered(earlier, { id: file.value.id, name }, since);
  const hasNew = await hasChanges({ work, below, signal });
  const written = hasNew ? (await openChain([...below, work], signal)).extents : [];
  const boot = await bootBytes(project, name, earlier, delivered);
  const layers = entries.filter(({ sha256 }) => !delivered.has(sha256)).map(({ blob }) => blob.bytes);
  return {
    release: entries.length + (hasNew ? 1 : 0),
    exactBytes: layers.reduce((sum, bytes) => sum + bytes, boot.exactBytes),
    newBytes: written
      .filter(({ depth, offset }) => depth === 0 && offset !== undefined)
      .reduce((sum, { length }) => sum + length, boot.newBytes),
  };
}

/** The boot files: exactly where an earlier package had the same ones, else as long as they are. */
async function bootBytes(
  project: Project,
  vm: string,
  earlier: readonly PackageManifest[],
  delivered: ReadonlySet<string>,
): Promise<Pick<MachineBytes, 'exactBytes' | 'newBytes'>> {
  const known = new Map(
    earlier.flatMap(({ machines }) => machines.flatMap(bootFiles)).map(({ sha256, blob }) => [sha256, blob.bytes]),
  );
  const { kernel, initrd } = vmPaths(project.folder, vm);
  let [exactBytes, newBytes] = [0, 0];
  for (const path of [kernel, initrd]) {
    if (!(await isThere(path))) continue;
    const { sha256, bytes } = await digestFile(path);
    if (delivered.has(sha256)) continue;
    const packed = known.get(sha256);
    exactBytes += packed ?? 0;
    newBytes += packed === undefined ? bytes : 0;
  }
  return { exactBytes, newBytes };
}
