import { basename, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { deviceScripts } from '../../policy/devices.ts';
import { RESOURCE_NAME } from '../../policy/parts/script.ts';
import type { MachinePolicy } from '../../policy/schema.ts';
import { projectPaths } from '../../project/layout.ts';
import type { Project, ProjectVm } from '../../project/open.ts';
import { namesIn } from '../../sys/files/folders.ts';
import { packFile } from '../blob-file.ts';
import type { PackageKind } from '../manifest.ts';
import { PackedFile } from '../packed-file.ts';

const MAX_RESOURCES = 1000;

const Resource = PackedFile.extend({ name: z.string().regex(RESOURCE_NAME) });

/** The files of a project’s `resources/`, flat; no two names differ in case only. */
export const Resources = z
  .array(Resource)
  .max(MAX_RESOURCES)
  .refine((files) => new Set(files.map(({ name }) => name.toLowerCase())).size === files.length, 'has a name twice');
export type Resources = z.infer<typeof Resources>;

/** Whether a package has the project’s resources: full and update packages have, a custom one where it is asked for. */
export function hasResources(kind: PackageKind, isAsked: boolean | undefined): boolean {
  return kind === 'custom' ? isAsked === true : kind !== 'policy';
}

/** The paths of a project’s resources. */
export async function resourceFiles({ folder }: Project): Promise<string[]> {
  const { resources } = projectPaths(folder);
  return (await namesIn(resources)).map((name) => join(resources, name));
}

/** The plug-ins that machines’ policies name and the project has not, as failures with the code PLUGIN_MISSING. */
export async function missingPlugins(project: Project, vms: readonly ProjectVm[]): Promise<AppError[]> {
  const present = (await resourceFiles(project)).map((path) => basename(path));
  return vms.flatMap(({ name: vm, policy: { value } }) => {
    const missing = pluginFiles(value).filter((file) => !present.includes(file));
    return missing.map(
      (file) =>
        new AppError('PLUGIN_MISSING', `${vm}: the plug-in ${file} is not in resources/`, { details: { vm, file } }),
    );
  });
}

/** The plug-ins that a policy names. */
function pluginFiles({ quarantine, expiration, authentication, devices }: MachinePolicy): string[] {
  const scripts = [
    quarantine.type === 'custom' ? quarantine.script : undefined,
    expiration && expiration.type !== 'never' ? expiration.renewal : undefined,
    authentication?.type === 'script' ? authentication : undefined,
    ...deviceScripts(devices),
  ];
  return scripts.flatMap((script) => script?.file ?? []);
}

/** What is wrong with the names of a project’s resources, which every system must be able to have. */
export async function wrongResources(project: Project): Promise<string[]> {
  const names = (await resourceFiles(project)).map((path) => basename(path));
  const small = names.map((name) => name.toLowerCase());
  return [
    ...names.filter((name) => !RESOURCE_NAME.test(name)).map((name) => `${name} is not a name for a resource`),
    ...names
      .filter((_name, at) => small.indexOf(small[at] ?? '') !== at)
      .map((name) => `${name} is there twice, but for case`),
    ...(names.length > MAX_RESOURCES ? [`there are more than ${MAX_RESOURCES}`] : []),
  ];
}

/** Packs all resources of a project, whose names `wrongResources` has found right. @throws FILE_*, DISK_FULL */
export async function packResources(project: Project): Promise<Resources> {
  const { packages } = projectPaths(project.folder);
  const files = await resourceFiles(project);
  const packed = await Promise.all(
    files.map(async (path) => ({ name: basename(path), ...(await packFile(path, packages)) })),
  );
  return Resources.parse(packed);
}
