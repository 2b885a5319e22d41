import type { NotReleased } from '../../api/manager/project.ts';
import { hasChanges } from '../../layer/chain/normalise.ts';
import { AppError, type ErrorCode } from '../../lib/errors.ts';
import { canonicalJson } from '../../lib/json.ts';
import { policyDocument } from '../../package/build/publish-policies.ts';
import { packagedPolicy, publishedManifests } from '../../package/build/published.ts';
import { releaseEntries, workOf } from '../../package/build/releases.ts';
import type { PackageManifest, PackedMachine } from '../../package/manifest.ts';
import { broughtPolicy } from '../../package/unchanged.ts';
import { isLookedUp, sameDescriptor } from '../../policy/quarantine.ts';
import { projectPaths, vmPaths } from '../../project/layout.ts';
import type { Project, ProjectVm } from '../../project/open.ts';
import { newestVersion } from '../../quarantine/versions/versions.ts';
import { changedAt, fileBytes } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';

/** Looks at what was released. What lies on disk is read again only where it changed: disks are large, packages many. */
export class Releases {
  #manifests: { mark: string; read: readonly PackageManifest[] } | undefined;
  readonly #disks = new Map<string, { mark: string; isChanged: boolean }>();

  /** The packages so far, oldest first. @throws PROJECT_INVALID */
  async packages(folder: string): Promise<readonly PackageManifest[]> {
    const { packages } = projectPaths(folder);
    const targets = `${packages}/targets`;
    const names = (await namesIn(targets)).sort();
    const mark = (await Promise.all(names.map((name) => markOf(`${targets}/${name}`)))).join('\n');
    if (this.#manifests?.mark !== mark) this.#manifests = { mark, read: await publishedManifests(packages) };
    return this.#manifests.read;
  }

  /** What of each machine its newest package has not. @throws PROJECT_INVALID, and what reading disks throws */
  async missing(project: Project): Promise<NotReleased[]> {
    const manifests = await this.packages(project.folder);
    const all: NotReleased[] = [];
    for (const vm of project.vms) {
      const why = await this.#whyNot(project, vm, manifests);
      all.push(...why.map((each) => ({ vm: vm.name, why: each })));
    }
    return all;
  }

  async #whyNot(project: Project, vm: ProjectVm, manifests: readonly PackageManifest[]): Promise<NotReleased['why'][]> {
    const behind: NotReleased['why'][] = isBehind(vm) ? ['behind'] : [];
    const machines = manifests.flatMap((manifest) => manifest.machines);
    const packed = machines.findLast(({ id }) => id === vm.file.value.id);
    if (!packed) return ['never', ...behind];
    const isDisk = await this.#isDiskChanged(project, vm, packed);
    return [
      ...(isDisk ? (['disk'] as const) : []),
      ...(packed.descriptor !== vm.state.descriptor ? (['version'] as const) : []),
      ...behind,
      ...(isPolicyWaiting(project, vm, manifests) ? (['policy'] as const) : []),
    ];
  }

  async #isDiskChanged(project: Project, vm: ProjectVm, packed: PackedMachine): Promise<boolean> {
    const entries = await releaseEntries(project.folder, vm.name);
    if (entries.length !== packed.layers.length) return true;
    const { work, standsOn } = vmPaths(project.folder, vm.name);
    const mark = `${await markOf(work)} ${await changedAt(standsOn)} ${entries.at(-1)?.sha256}`;
    const known = this.#disks.get(work);
    if (known?.mark === mark) return known.isChanged;
    // Looked at without its lock, which would keep others from starting it. One that runs is in use, and is being changed.
    const isChanged = await attempt(['PROGRAM_FAILED', 'DISK_INVALID'], async () =>
      hasChanges(await workOf(project.folder, vm.name)),
    );
    if (isChanged === undefined) return true;
    this.#disks.set(work, { mark, isChanged });
    return isChanged;
  }
}

/** Another one wherever a file is another, or has changed. @throws FILE_MISSING */
async function markOf(path: string): Promise<string> {
  return `${path} ${await changedAt(path)} ${await fileBytes(path)}`;
}

/** Whether nobody ran `nq-set` of the newest version in the administrator’s own copy (ACE 1.0 p. 142). */
function isBehind({ policy, state }: ProjectVm): boolean {
  const { quarantine } = policy.value;
  const newest = quarantine.type === 'version-based' ? newestVersion(quarantine) : undefined;
  return newest !== undefined && !sameDescriptor(newest.descriptor, state.descriptor);
}

/** Whether a policy that no policy server hands out, or what comes with it (hot fixes, the domain), differ from what packages brought. */
function isPolicyWaiting(project: Project, vm: ProjectVm, manifests: readonly PackageManifest[]): boolean {
  if (isLookedUp(vm.policy.value.quarantine)) return false;
  const brought = packagedPolicy(manifests, vm.file.value.id);
  const wanted = broughtPolicy(policyDocument(project, vm, 0));
  return !brought || canonicalJson(broughtPolicy(brought)) !== canonicalJson(wanted);
}

/** What `work` gives, or undefined where it fails with one of these codes. */
async function attempt<T>(codes: readonly ErrorCode[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && codes.includes(error.code)) return undefined;
    throw error;
  }
}
