import { hasChanges } from '../../layer/normalise.ts';
import { openChain } from '../../layer/open-chain.ts';
import { projectPaths, vmPaths } from '../../project/layout.ts';
import { type Project, type ProjectVm, vmNamed } from '../../project/open.ts';
import { digestFile, isThere } from '../../sys/files/files.ts';
import { bootFiles } from '../boot-files.ts';
import { alreadyDelivered, publishedManifests } from '../build/published.ts';
import { releaseEntries, releaseLayers } from '../build/releases.ts';
import { hasResources, resourceFiles } from '../build/resources.ts';
import type { PackageKind, PackageManifest } from '../manifest.ts';
import { contentsOf } from './contents.ts';
import type { FileBytes, MachineBytes, PlanFacts } from './plan.ts';
import { findProblems } from './rules.ts';

export interface PlanRequest {
  kind: PackageKind;
  vms: readonly string[];
  policies: readonly string[];
  resources: boolean;
  since?: number;
  force: boolean;
  strict: boolean;
  signal: AbortSignal;
}

/** Looks at the project for what a package would be. Changes nothing. @throws PACKAGE_EMPTY, VM_UNKNOWN, USAGE, PROJECT_INVALID */
export async function planFacts(project: Project, request: PlanRequest): Promise<PlanFacts> {
  const { kind, force, strict } = request;
  const contents = contentsOf(project, kind, request.vms, request.policies, request.resources);
  const earlier = await publishedManifests(projectPaths(project.folder).packages);
  const found = await findProblems(project, contents, { earlier, force, strict });
  const bytes = new Map<string, MachineBytes>();
  for (const { name } of contents.machines)
    bytes.set(name, await machineBytes(project, vmNamed(project, name), earlier, request));
  const resources = await fileBytes(hasResources(kind, request.resources) ? await resourceFiles(project) : [], earlier);
  return { kind, contents, host: project.file.value.host, earlier, bytes, resources, ...found };
}

async function machineBytes(
  project: Project,
  { name, file }: ProjectVm,
  earlier: readonly PackageManifest[],
  { kind, since, signal }: PlanRequest,
): Promise<MachineBytes> {
  const { work, kernel, initrd } = vmPaths(project.folder, name);
  const entries = await releaseEntries(project.folder, name);
  const below = await releaseLayers(project.folder, name);
  const delivered = kind === 'full' ? new Set<string>() : alreadyDelivered(earlier, { id: file.value.id, name }, since);
  const hasNew = await hasChanges({ work, below, signal });
  const written = hasNew ? (await openChain([...below, work], signal)).extents : [];
  const boot = await fileBytes([kernel, initrd], earlier, delivered);
  const layers = entries.filter(({ sha256 }) => !delivered.has(sha256)).map(({ blob }) => blob.bytes);
  return {
    release: entries.length + (hasNew ? 1 : 0),
    exactBytes: layers.reduce((sum, bytes) => sum + bytes, boot.exactBytes),
    newBytes: written
      .filter(({ depth, offset }) => depth === 0 && offset !== undefined)
      .reduce((sum, { length }) => sum + length, boot.newBytes),
  };
}

/** Files to be packed: exactly where an earlier package had the same ones, else as long as they are. */
async function fileBytes(
  paths: readonly string[],
  earlier: readonly PackageManifest[],
  delivered: ReadonlySet<string> = new Set(),
): Promise<FileBytes> {
  const packed = earlier.flatMap(({ machines, resources = [] }) => [...machines.flatMap(bootFiles), ...resources]);
  const known = new Map(packed.map(({ sha256, blob }) => [sha256, blob.bytes]));
  let [exactBytes, newBytes] = [0, 0];
  for (const path of paths) {
    if (!(await isThere(path))) continue;
    const { sha256, bytes } = await digestFile(path);
    if (delivered.has(sha256)) continue;
    exactBytes += known.get(sha256) ?? 0;
    newBytes += known.has(sha256) ? 0 : bytes;
  }
  return { exactBytes, newBytes };
}
