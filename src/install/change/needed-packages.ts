import type { PackageManifest } from '../../package/manifest.ts';
import { type OpenedPackage, type OpenOptions, openPackage, packagesSinceFull } from '../../package/open.ts';
import type { Source } from '../../sys/sources/source.ts';
import { readInstances } from '../state/instances.ts';

/** A package, and what of it is installed. */
export interface Found {
  opened: OpenedPackage;
  needed: PackageManifest;
}

/** What an installation takes from a source. @throws as openPackage */
export async function packagesFrom(
  source: Source,
  { vm, newestOnly = false }: { vm?: string; newestOnly?: boolean },
  { state, ...options }: Omit<OpenOptions, 'vm'> & { state: string },
): Promise<readonly Found[]> {
  if (vm !== undefined || newestOnly) {
    const opened = await openPackage(source, vm === undefined ? options : { ...options, vm });
    return [{ opened, needed: opened.manifest.value }];
  }
  const all = await packagesSinceFull(source, options);
  const here = new Set((await readInstances(state)).map(({ file }) => file.vm));
  const needed = neededPackages(
    all.map(({ manifest }) => manifest.value),
    here,
  );
  return needed.flatMap((each) => {
    const opened = all.find(({ manifest }) => manifest.value.generation === each.generation);
    return opened ? [{ opened, needed: each }] : [];
  });
}

/**
 * What a computer takes from an address that hands out all packages: the newest one; where machines are not here, the newest full
 * one and what follows too, each machine from the newest package that has it. Oldest first, the older ones without what is
 * here already: a policy or an update that happens to be the newest is not all that a new computer needs.
 */
function neededPackages(
  newestFirst: readonly PackageManifest[],
  here: ReadonlySet<string>,
): readonly PackageManifest[] {
  const [newest, ...older] = newestFirst;
  if (!newest) return [];
  const brought = new Set(newest.machines.map(({ name }) => name));
  const needed = [newest];
  for (const manifest of older) {
    const machines = manifest.machines.filter(({ name }) => !here.has(name) && !brought.has(name));
    const policies = manifest.policies.filter(({ vm }) => !here.has(vm) && !brought.has(vm));
    for (const { name } of machines) brought.add(name);
    const hasResources = here.size === 0 && manifest.resources !== undefined;
    const isNeeded = machines.length > 0 || policies.length > 0;
    if (isNeeded || (hasResources && needed.every(({ resources }) => resources === undefined)))
      needed.unshift({ ...without(manifest), ...(newest.host ? { host: newest.host } : {}), machines, policies });
  }
  return needed;
}

/** Rules for the computer itself are those of the newest package. */
function without({ host: _, ...manifest }: PackageManifest): PackageManifest {
  return manifest;
}
