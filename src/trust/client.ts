import { join } from 'node:path';
import { type Metadata, MetadataKind, type Root } from '@tufjs/models';
import { AppError } from '../lib/errors.ts';
import { makeFolder } from '../sys/files/folders.ts';
import { fetchBytes, type Source } from '../sys/sources/source.ts';
import { firstRootOf } from './identity.ts';
import { asRefusal } from './refusal.ts';
import { countsUnder, floorOf, holdAbove, type Release, releaseIn, targetNamed } from './release.ts';
import { checkRoot, type Identity, parseRoot, type RepositoryName } from './root.ts';
import {
  keepRole,
  keptRoles,
  type SavedMetadata,
  savedFloor,
  savedMetadata,
  savedProject,
  saveFloor,
  saveMetadata,
  saveProject,
} from './saved.ts';
import { ahead, lowerOther, type TimeUnder, timesUnder } from './time.ts';
import { TrustedStore } from './trusted-store.ts';
import { updateMetadata } from './update.ts';
import type { Verified } from './verified.ts';

/** A release together with the place its files come from. */
export interface Repository extends Release {
  /** One file, fetched and proved. @throws TRUST_INVALID (no such target), TRUST_DIGEST, FETCH_*, INTERRUPTED */
  read(name: string, maxBytes: number): Promise<Verified<Buffer>>;
}

/** The one project of this computer, or undefined when none was taken yet. @throws TRUST_INVALID */
export function pinnedProject(folder: string): Promise<Identity | undefined> {
  return savedProject(folder);
}

/**
 * Takes a source's project as the one project of this computer, once its fingerprint is the expected one. Doing it again for
 * the same project changes nothing.
 * @throws TRUST_FINGERPRINT (not the expected one), TRUST_FOREIGN (this computer has another), TRUST_INVALID, TRUST_SIGNATURE, FETCH_*
 */
export async function pinProject(
  folder: string,
  source: Source,
  fingerprint: string,
  signal?: AbortSignal,
): Promise<Identity> {
  const found = await firstRootOf(source, signal);
  const pinned = await savedProject(folder);
  if (pinned) refuseForeign(pinned, found);
  if (found.repository !== 'packages') throw notThe('packages', source);
  if (found.fingerprint !== fingerprint) {
    throw new AppError('TRUST_FINGERPRINT', `${source.name} is of ${found.name}, which has another fingerprint`, {
      details: { expected: fingerprint, found: { name: found.name, fingerprint: found.fingerprint } },
    });
  }
  const project = pinned ?? { name: found.name, fingerprint };
  if (!pinned) {
    await makeFolder(folder, 0o700);
    await saveProject(folder, project);
  }
  return project;
}

/**
 * What a source offers now, verified from the pinned project down, and kept for `openCached`. Where a later step is refused,
 * what was verified before it binds the next refresh (trust §4.5), and `openCached` gives what it gave.
 * @throws TRUST_FOREIGN, TRUST_SIGNATURE, TRUST_ROLLBACK, TRUST_EXPIRED, TRUST_DIGEST, TRUST_INVALID, FETCH_*, INTERRUPTED, DISK_FULL
 */
export async function refresh(
  folder: string,
  repository: RepositoryName,
  source: Source,
  { now, signal }: { now: number; signal?: AbortSignal },
): Promise<Repository> {
  const first = await firstRootOf(source, signal);
  refuseForeign(await pinnedOrRefused(folder), first); // trust §4.2
  if (first.repository !== repository) throw notThe(repository, source);

  const timeUnder = await timesUnder(folder, repository, now);
  const kept = await keptRoles(folder, repository);
  const known = await newestKnown(folder, repository, kept, timeUnder);
  const { saved, store } = known ?? startAt({ root: first.bytes }, timeUnder, source.name);
  const isUnproven = repository === 'policies' && !known;
  const update = updateMetadata(saved, store, {
    ...{ source, signal, beside: join(folder, repository) },
    keep: async (role, bytes) => {
      if (!kept[role]?.equals(bytes)) await keepRole(folder, repository, role, bytes);
    },
    ...(isUnproven ? { proveRoot: (root: Metadata<Root>) => proveByPackages(folder, root) } : {}),
  });
  const metadata = await update.catch((error: unknown) => {
    throw ahead(error, now, timeUnder(store.root.signed));
  });
  const release = await judged(folder, repository, store, { now: timeUnder(store.root.signed), what: source.name });
  await saveMetadata(folder, repository, metadata);
  const floor = await savedFloor(folder, repository);
  if (floor && !countsUnder(floor, store.root.signed)) await lowerOther(folder, repository, release);
  await saveFloor(folder, repository, floorOf(store, release, floor));
  return at(source, release, signal);
}

/**
 * The last verified release with the files of a source that may show an older one. Undefined when there is none, and when a
 * newer root was kept since: its keys may have been taken back.
 * @throws as openCached
 */
export async function knownAt(
  folder: string,
  repository: RepositoryName,
  source: Source,
  { now, signal }: { now: number; signal?: AbortSignal },
): Promise<Repository | undefined> {
  const used = await savedMetadata(folder, repository);
  const { root = used?.root } = await keptRoles(folder, repository);
  if (!used || !root?.equals(used.root)) return undefined;
  const release = await openCached(folder, repository, now);
  return release && at(source, release, signal);
}

function at(source: Source, release: Release, signal: AbortSignal | undefined): Repository {
  return { ...release, read: (name, maxBytes) => readTarget(source, release, { name, maxBytes, signal }) };
}

/**
 * The last verified release, without a network, or undefined when there is none. It is verified again from its root down.
 * @throws TRUST_EXPIRED, TRUST_ROLLBACK, TRUST_INVALID, TRUST_SIGNATURE, TRUST_DIGEST
 */
export async function openCached(
  folder: string,
  repository: RepositoryName,
  now: number,
): Promise<Release | undefined> {
  const pinned = await pinnedOrRefused(folder);
  const saved = await savedMetadata(folder, repository);
  if (!saved) return undefined;
  const what = `what this computer knows of the ${repository} of ${pinned.name}`;
  const timeUnder = await timesUnder(folder, repository, now);
  try {
    const store = new TrustedStore(saved.root, timeUnder);
    store.load(saved);
    return await judged(folder, repository, store, { now: timeUnder(store.root.signed), what });
  } catch (error) {
    throw asRefusal(error, what);
  }
}

async function judged(
  folder: string,
  repository: RepositoryName,
  store: TrustedStore,
  { now, what }: { now: number; what: string },
): Promise<Release> {
  const form = checkRoot(store.root.signed);
  if (form['x-lazaret-repository'] !== repository) throw new AppError('TRUST_INVALID', `${what} is another repository`);
  holdAbove(store, await savedFloor(folder, repository), what);
  const release = releaseIn(store, what);
  if (release.expiresAt <= Math.max(now, release.signedAt)) throw new AppError('TRUST_EXPIRED', `${what} has expired`);
  return release;
}

async function readTarget(
  source: Source,
  release: Release,
  { name, maxBytes, signal }: { name: string; maxBytes: number; signal: AbortSignal | undefined },
): Promise<Verified<Buffer>> {
  const target = targetNamed(release.targets, name);
  if (target.bytes > maxBytes) {
    throw new AppError('FETCH_TOO_LARGE', `${name} has ${target.bytes} bytes, more than ${maxBytes}`, {
      details: { name, maxBytes },
    });
  }
  const path = `targets/${target.sha256}.${name}`;
  return release.verify(
    name,
    await fetchBytes(source, path, { maxBytes: target.bytes, ...(signal ? { signal } : {}) }),
  );
}

/** Where a refresh begins: at the newest roles that were verified. What was lost or damaged counts as none: the pin and the floor still hold. */
async function newestKnown(
  folder: string,
  repository: RepositoryName,
  { root, ...others }: Partial<SavedMetadata>,
  timeUnder: TimeUnder,
) {
  const used = await unlessDamaged(() => savedMetadata(folder, repository));
  for (const saved of [root && { root, ...others }, used]) {
    const start = await unlessDamaged(() => saved && startAt(saved, timeUnder, folder));
    if (start) return start;
  }
  return undefined;
}

async function unlessDamaged<T>(read: () => T): Promise<Awaited<T> | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AppError && ['TRUST_INVALID', 'TRUST_SIGNATURE'].includes(error.code)) return undefined;
    throw error;
  }
}

function startAt(saved: Partial<SavedMetadata> & Pick<SavedMetadata, 'root'>, timeUnder: TimeUnder, what: string) {
  try {
    return { saved, store: new TrustedStore(saved.root, timeUnder) };
  } catch (error) {
    throw asRefusal(error, what);
  }
}

async function pinnedOrRefused(folder: string): Promise<Identity> {
  const pinned = await savedProject(folder);
  if (!pinned) throw new AppError('TRUST_CONFIRM', 'this computer has taken no project yet');
  return pinned;
}

/** Trust §4.4: the root of `policies` is the project's when a threshold of distinct root keys of `packages` signed it. */
async function proveByPackages(folder: string, policies: Metadata<Root>): Promise<void> {
  const used = await savedMetadata(folder, 'packages');
  if (!used) throw new AppError('TRUST_INVALID', 'policies can be verified only once packages were');
  const { root = used.root } = await keptRoles(folder, 'packages');
  try {
    parseRoot(root, 'the root of packages').verifyDelegate(MetadataKind.Root, policies);
  } catch (error) {
    throw asRefusal(error, 'the root of policies');
  }
}

function refuseForeign(pinned: Identity, found: Identity): void {
  if (pinned.fingerprint === found.fingerprint) return;
  const { name, fingerprint } = found;
  throw new AppError(
    'TRUST_FOREIGN',
    `this is of project ${name} (${fingerprint}); this computer has project ${pinned.name} (${pinned.fingerprint})`,
    { details: { expected: pinned, found: { name, fingerprint } } },
  );
}

function notThe(repository: RepositoryName, source: Source): AppError {
  return new AppError('TRUST_INVALID', `${source.name} does not hold the ${repository} of a project`);
}
