import { AppError } from '../lib/errors.ts';
import { fetchBytes, type Source } from '../sys/sources/source.ts';
import { pinnedProject, refresh } from '../trust/client.ts';
import { parseVerified, type Verified } from '../trust/verified.ts';
import { manifestTarget, PackageManifest, PackagePointer, parseManifestTarget } from './manifest.ts';

const MAX_MANIFEST_BYTES = 64 << 20;
const MAX_POINTER_BYTES = 4096;

/** A package whose manifest was verified; its blobs are proved one by one when they are fetched. */
export interface OpenedPackage {
  source: Source;
  manifest: Verified<PackageManifest>;
}

export interface OpenOptions {
  trustFolder: string;
  now: number;
  signal?: AbortSignal;
  /** The machine that the package must have. */
  vm?: string;
}

/**
 * Verifies the package at an address against the project this computer trusts.
 * @throws TRUST_*, FETCH_*, PACKAGE_INVALID (the folder holds no package)
 */
export async function openPackage(
  source: Source,
  { trustFolder, now, signal, vm }: OpenOptions,
): Promise<OpenedPackage> {
  const options = signal ? { now, signal } : { now };
  const repository = await refresh(trustFolder, 'packages', source, options);
  const names = repository.targets.map(({ name }) => name);
  const pointed = await pointedAt(source, signal);
  if (pointed !== undefined && !names.includes(pointed)) throw noPackage();
  for (const name of pointed === undefined ? newestFirst(names) : [pointed]) {
    const manifest = parseVerified(await repository.read(name, MAX_MANIFEST_BYTES), PackageManifest, name);
    await requireNamed(manifest.value, name, trustFolder);
    if (vm === undefined || manifest.value.machines.some((machine) => machine.name === vm)) return { source, manifest };
  }
  throw noPackage();

  function noPackage(): AppError {
    return new AppError('PACKAGE_INVALID', `${source.name} holds no package${vm === undefined ? '' : ` with ${vm}`}`);
  }
}

/** A manifest is the one its signed name says, of the project that signed it. @throws TRUST_INVALID */
async function requireNamed({ generation, name, project }: PackageManifest, target: string, trustFolder: string) {
  const own = await pinnedProject(trustFolder);
  if (manifestTarget(generation, name) !== target || project.fingerprint !== own?.fingerprint)
    throw new AppError('TRUST_INVALID', `${target} is the manifest of another package`);
}

/** What the folder’s `package.json` says; a folder of all packages has none. */
async function pointedAt(source: Source, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const bytes = await fetchBytes(source, 'package.json', {
      maxBytes: MAX_POINTER_BYTES,
      ...(signal ? { signal } : {}),
    });
    return PackagePointer.parse(JSON.parse(bytes.toString('utf8'))).manifest;
  } catch (error) {
    if (error instanceof AppError && error.code === 'FETCH_MISSING') return undefined;
    if (error instanceof AppError) throw error;
    throw new AppError('PACKAGE_INVALID', `package.json of ${source.name} is damaged`, { cause: error });
  }
}

function newestFirst(names: readonly string[]): string[] {
  const generation = (name: string) => parseManifestTarget(name)?.generation ?? 0;
  return names.filter((name) => generation(name) > 0).sort((a, b) => generation(b) - generation(a));
}
