import { join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { isThere } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { fetchBytes, type Source } from '../../sys/sources/source.ts';
import { asRefusal } from '../refusal.ts';
import { holdAbove, type Release, releaseIn, targetNamed } from '../release.ts';
import { checkRoot, type Identity, type RepositoryName } from '../root.ts';
import { firstRootOf } from './identity.ts';
import { keptRoles, savedFloor, savedMetadata, savedProject, saveProject } from './saved.ts';
import { timesUnder } from './time.ts';
import { TrustedStore } from './trusted-store.ts';
import type { Verified } from './verified.ts';

/** A release together with the place its files come from. */
export interface Repository extends Release {
  /** One file, fetched and proved. @throws TRUST_INVALID (no such target), TRUST_DIGEST, FETCH_*, INTERRUPTED */
  read(name: string, maxBytes: number): Promise<Verified<Buffer>>;
}

/** Whether this computer took a project, also where its file is damaged. */
export function hasProject(folder: string): Promise<boolean> {
  return isThere(join(folder, 'project.json'));
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

/** A release with the files of a source. */
export function at(source: Source, release: Release, signal: AbortSignal | undefined): Repository {
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

/** @throws TRUST_INVALID, TRUST_ROLLBACK, TRUST_EXPIRED */
export async function judged(
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

/** @throws TRUST_CONFIRM, TRUST_INVALID */
export async function pinnedOrRefused(folder: string): Promise<Identity> {
  const pinned = await savedProject(folder);
  if (!pinned) throw new AppError('TRUST_CONFIRM', 'this computer has taken no project yet');
  return pinned;
}

/** @throws TRUST_FOREIGN */
export function refuseForeign(pinned: Identity, found: Identity): void {
  if (pinned.fingerprint === found.fingerprint) return;
  const { name, fingerprint } = found;
  throw new AppError(
    'TRUST_FOREIGN',
    `this is of project ${name} (${fingerprint}); this computer has project ${pinned.name} (${pinned.fingerprint})`,
    { details: { expected: pinned, found: { name, fingerprint } } },
  );
}

export function notThe(repository: RepositoryName, source: Source): AppError {
  return new AppError('TRUST_INVALID', `${source.name} does not hold the ${repository} of a project`);
}
