import { AppError } from '../lib/errors.ts';
import { fetchBytes, type Source } from '../sys/sources/source.ts';
import { knownAt, pinnedProject, type Repository } from '../trust/verify/client.ts';
import { type InTurn, refresh } from '../trust/verify/refresh.ts';
import { parseVerified, type Verified } from '../trust/verify/verified.ts';
import { LAZARET_LIST, MAX_LIST_BYTES, parseList, type SignedLazaret } from './installer/list.ts';
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
  /** The turns of the trust folder. */
  inTurn?: InTurn;
  /** The machine that the package must have. */
  vm?: string;
}

/**
 * Verifies the package at an address against the project this computer trusts.
 * @throws TRUST_*, FETCH_*, PACKAGE_INVALID (the folder holds no package)
 */
export async function openPackage(source: Source, options: OpenOptions): Promise<OpenedPackage> {
  const { vm } = options;
  for await (const opened of packagesIn(source, options))
    if (vm === undefined || opened.manifest.value.machines.some(({ name }) => name === vm)) return opened;
  throw noPackage(source, vm);
}

/**
 * The packages at an address, newest first, down to the newest full one, and on until each machine that a policy is for was
 * met; or the one package that its folder is of.
 * @throws as openPackage
 */
export async function packagesSinceFull(source: Source, options: OpenOptions): Promise<readonly OpenedPackage[]> {
  const found: OpenedPackage[] = [];
  for await (const opened of packagesIn(source, options)) {
    found.push(opened);
    const manifests = found.map(({ manifest }) => manifest.value);
    const met = new Set(manifests.flatMap(({ machines }) => machines.map(({ name }) => name)));
    const isMet = manifests.every(({ policies }) => policies.every(({ vm }) => met.has(vm)));
    if (isMet && manifests.some(({ kind }) => kind === 'full')) break;
  }
  if (found.length === 0) throw noPackage(source);
  return found;
}

async function* packagesIn(
  source: Source,
  options: Omit<OpenOptions, 'vm'>,
): AsyncGenerator<OpenedPackage, void, void> {
  const { trustFolder, signal } = options;
  const pointed = await pointedAt(source, signal);
  const { targets, read } = await releaseOf(source, pointed, options);
  const names = targets.map(({ name }) => name);
  if (pointed !== undefined && !names.includes(pointed)) throw noPackage(source);
  for (const name of pointed === undefined ? newestFirst(names) : [pointed]) {
    const manifest = parseVerified(await read(name, MAX_MANIFEST_BYTES), PackageManifest, name);
    await requireNamed(manifest.value, name, trustFolder);
    yield { source, manifest };
  }
}

/**
 * What a source offers. The folder of one package may be older than what was seen here, as long as the newest release seen
 * lists that package still: else a look at an update would keep out the full package that it needs.
 */
async function releaseOf(
  source: Source,
  pointed: string | undefined,
  { trustFolder, now, signal, inTurn }: OpenOptions,
): Promise<Repository> {
  try {
    return await refresh(trustFolder, 'packages', source, {
      now,
      ...(signal ? { signal } : {}),
      ...(inTurn ? { inTurn } : {}),
    });
  } catch (error) {
    const isOlder = error instanceof AppError && ['TRUST_ROLLBACK', 'TRUST_SIGNATURE'].includes(error.code);
    if (!isOlder || pointed === undefined) throw error;
    const known = await knownAt(trustFolder, 'packages', source, signal ? { now, signal } : { now });
    if (!known?.targets.some(({ name }) => name === pointed)) throw error;
    return known;
  }
}

/**
 * The Debian packages of Lazaret itself that the project of this address has signed. It may be the folder of a package that is older
 * than what was seen here, as long as the newest release seen names the same ones.
 * @throws TRUST_*, FETCH_*, LAZARET_MISSING
 */
export async function signedLazaret(source: Source, options: OpenOptions): Promise<SignedLazaret[]> {
  const { targets, read } = await releaseOf(source, LAZARET_LIST, options);
  if (!targets.some(({ name }) => name === LAZARET_LIST))
    throw new AppError('LAZARET_MISSING', `the project of ${source.name} hands out no Lazaret`);
  return parseList((await read(LAZARET_LIST, MAX_LIST_BYTES)).value.toString('utf8'));
}

function noPackage(source: Source, vm?: string): AppError {
  return new AppError('PACKAGE_INVALID', `${source.name} holds no package${vm === undefined ? '' : ` with ${vm}`}`);
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
