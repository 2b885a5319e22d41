import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Mode } from '../../layer/modes.ts';
import { AppError } from '../../lib/errors.ts';
import { requireGoing } from '../../lib/interrupted.ts';
import { canonicalJson } from '../../lib/json.ts';
import { noSteps, type Steps } from '../../lib/steps.ts';
import { projectPaths } from '../../project/layout.ts';
import type { Project } from '../../project/open.ts';
import { isThere } from '../../sys/files/files.ts';
import type { SigningKey } from '../../trust/sign/keys.ts';
import { publish } from '../../trust/sign/repository.ts';
import { encryptedSize } from '../encrypted/encrypted-file.ts';
import { ageRecipients, type EncryptTo } from '../encrypted/recipients.ts';
import { LAZARET_LIST, parseList } from '../installer/list.ts';
import { lazaretIn, takeLazaret } from '../installer/take.ts';
import { manifestTarget, type PackageKind, PackageManifest, type PackedMachine } from '../manifest.ts';
import type { PackageSize } from '../media/look.ts';
import { requireFreeName, requirePackageName } from '../package-name.ts';
import { contentsOf } from '../plan/contents.ts';
import { checkRules } from '../plan/rules.ts';
import { broughtBy, requireChange } from '../unchanged.ts';
import { exportPackage } from './export.ts';
import { type PackOptions, packMachine } from './pack-machine.ts';
import { type PartSize, partSizes } from './part-sizes.ts';
import { lastSerial, policyDocument } from './publish-policies.ts';
import { carriedBlobs, publishedManifests, sizeToExport } from './published.ts';
import type { Released } from './releases.ts';
import { hasResources, packResources } from './resources.ts';
import { finishBuild, forgetUnfinished, noteUnfinished, removeLeftovers, type Unwritten } from './unfinished.ts';

export interface BuildOptions {
  name: string;
  kind: PackageKind;
  /** The machines that go in, or whose policies do; all when empty, but for a custom package. */
  vms: readonly string[];
  /** In a custom package: the machines whose policies go in without them. */
  policies?: readonly string[];
  /** In a custom package: the project’s resources go in too. Full and update packages have them. */
  resources?: boolean;
  /** Build although computers will refuse some policies, or the package brings nothing new. */
  force?: boolean;
  /** A copy that is not at the newest version is an error. */
  strict?: boolean;
  /** An update carries what came after this release; without it, what came after the last package. */
  since?: number;
  /** The folder that receives the package’s own folder. */
  out: string;
  /** Whom alone its folder is for; without it, for everybody. */
  encryptTo?: EncryptTo;
  mode: Mode;
  key: SigningKey;
  now: number;
  validForMs: number;
  /** What is new, for the user. */
  notes?: string;
  /** Nothing older may be installed or rolled back to once this package was. */
  minGeneration?: number;
  /** The folder of the Debian packages of Lazaret that the project hands out from now on, and that go with this package. */
  withLazaret?: string;
  /** Looks, before anything is signed, whether the package can be written as is wanted, and throws where not. */
  look?: (folder: string, size: PackageSize) => Promise<void>;
  signal?: AbortSignal;
  onProgress?: NonNullable<PackOptions['onProgress']>;
  steps?: Steps;
}

/** A package as it was built. */
export interface BuiltPackage {
  folder: string;
  generation: number;
  /** Bytes of all blobs in it. */
  blobBytes: number;
  /** What these bytes are for: each machine, and resources. */
  parts: PartSize[];
  machines: { vm: string; release: number; layers: number }[];
  /** The layers that were made for it. */
  released: ({ vm: string } & Released)[];
  /** Names of the machines whose policies it has without them. */
  policies: string[];
  resources: string[];
  warnings: string[];
}

/**
 * Builds, signs and publishes a package, and writes it to a folder of its own. It stands from the moment it is published: a
 * build that ends before leaves nothing of a package, one that ends after is completed by the next.
 * @throws PACKAGE_EXISTS, VM_RUNNING, USAGE, LAZARET_FOLDER, LAYER_*, what contentsOf, checkRules and `look` throw, PACKAGE_UNCHANGED, PACKAGE_UNWRITTEN, KEY_INVALID, TRUST_*, DISK_FULL, INTERRUPTED
 */
export async function buildPackage(project: Project, options: BuildOptions): Promise<BuiltPackage> {
  requirePackageName(options.name);
  // Before anything is signed.
  if (options.encryptTo) ageRecipients(options.encryptTo);
  const failed = await finishBuild(project);
  try {
    const built = await build(project, options);
    return failed ? { ...built, warnings: [...built.warnings, unfinishedText(failed)] } : built;
  } catch (error) {
    await removeLeftovers(project).catch(() => undefined);
    throw error;
  }
}

/** Once a package is published its name is spent: what keeps it from being written does not undo that. */
export function unwritten(name: string, cause: unknown): unknown {
  if (!(cause instanceof AppError) || cause.code === 'INTERRUPTED') return cause;
  return new AppError('PACKAGE_UNWRITTEN', `${name} is published, but could not be written: ${cause.message}`, {
    ...{ cause, details: cause.details },
  });
}

function unfinishedText({ folder, failure }: Unwritten): string {
  return `an earlier package is published, but could not be written to ${folder}: ${failure.reason}`;
}

async function build(project: Project, options: BuildOptions): Promise<BuiltPackage> {
  const { name, kind, out, key, now, validForMs, notes, minGeneration, signal, steps = noSteps } = options;
  const folder = join(out, name);
  const repository = projectPaths(project.folder).packages;
  const earlier = await publishedManifests(repository);
  requireFreeName(name, earlier);
  if (await isThere(folder)) throw new AppError('PACKAGE_EXISTS', `${folder} is there already`);
  const contents = contentsOf(project, kind, options.vms, options.policies, options.resources);
  const { force = false, strict = false } = options;
  const withResources = hasResources(kind, options.resources);
  const warnings = await checkRules(project, contents, { earlier, force, strict, resources: withResources });

  const serial = await lastSerial(project);
  // Packing takes long.
  if (options.withLazaret !== undefined) await lazaretIn(options.withLazaret);
  const machines: PackedMachine[] = [];
  const released: BuiltPackage['released'] = [];
  const packing = { ...options, onReleased: (vm: string, layer: Released) => void released.push({ vm, ...layer }) };
  for (const vm of contents.machines) machines.push(await packMachine(project, vm, serial, packing));
  const generation = (earlier.at(-1)?.generation ?? 0) + 1;
  if ((minGeneration ?? 0) > generation)
    throw new AppError('USAGE', `this package is generation ${generation}: it cannot demand ${minGeneration}`);
  const resources = withResources ? await packResources(project) : undefined;
  const { fingerprint, policyServer, packageServer, recoveryKey, host } = project.file.value;
  const manifest = PackageManifest.parse({
    format: 1,
    project: { fingerprint, name: project.file.value.name },
    name,
    kind,
    generation,
    createdAt: new Date(now).toISOString(),
    expiresAt: new Date(now + validForMs).toISOString(),
    ...(minGeneration === undefined ? {} : { minGeneration }),
    ...(notes === undefined ? {} : { notes }),
    ...(policyServer === undefined ? {} : { policyServer }),
    ...(packageServer === undefined ? {} : { packageServer }),
    ...(recoveryKey === undefined ? {} : { recoveryKey }),
    ...(host === undefined ? {} : { host }),
    ...(resources ? { resources } : {}),
    machines,
    policies: contents.policies.map((vm) => policyDocument(project, vm, serial)),
  });
  // What is asked for besides is a reason of its own.
  const isAskedFor = [options.since, minGeneration, options.withLazaret].some((each) => each !== undefined);
  if (!force && !isAskedFor) requireChange(broughtBy(manifest), earlier);
  const lazaret = options.withLazaret === undefined ? undefined : await takeLazaret(options.withLazaret, repository);
  const blobs = carriedBlobs(manifest, earlier, options.since);
  const size = await sizeToExport(repository, manifest, {
    blobs,
    lazaret: lazaret === undefined ? [] : parseList(lazaret),
  });
  await options.look?.(folder, options.encryptTo ? encryptedSize(size) : size);
  const target = manifestTarget(generation, name);
  const exported = {
    folder,
    target,
    blobs: [...blobs.keys()],
    ...(lazaret === undefined ? {} : { lazaret: digestOf(lazaret) }),
  };
  requireGoing(signal);
  await noteUnfinished(repository, exported, options.encryptTo !== undefined);
  await steps('noted');
  const add = new Map([[target, Buffer.from(canonicalJson(manifest))]]);
  if (lazaret !== undefined) add.set(LAZARET_LIST, Buffer.from(lazaret));
  await publish(repository, { add, key, now, validForMs, steps });
  await exportPackage(repository, { ...exported, encryptTo: options.encryptTo }).catch((error: unknown) => {
    throw unwritten(name, error);
  });
  await steps('exported');
  await forgetUnfinished(repository);
  return {
    folder,
    generation,
    blobBytes: [...blobs.values()].reduce((sum, bytes) => sum + bytes, 0),
    parts: partSizes(manifest, blobs),
    machines: machines.map(({ name: vm, release, layers }) => ({ vm, release, layers: layers.length })),
    released,
    policies: contents.policies.map((vm) => vm.name),
    resources: (resources ?? []).map((file) => file.name),
    warnings,
  };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
