import { join } from 'node:path';
import { Metadata, MetadataKind, type Root, type Targets } from '@tufjs/models';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { readCapped, readIfThere } from '../../sys/files/files.ts';
import * as limits from '../limits.ts';
import { asRefusal } from '../refusal.ts';
import { type Release, releaseIn, TargetName } from '../release.ts';
import { checkRoot } from '../root.ts';
import { TrustedStore } from '../verify/trusted-store.ts';
import { parseSigned, type Target } from '../verify/verified.ts';
import type { PublicKey } from './keys.ts';

/** With time at its beginning nothing has expired: an administrator may renew what is long over. */
const NOTHING_EXPIRES = () => 0;

/** The root files of a repository folder, oldest first. @throws FILE_MISSING when there is no repository */
export async function rootsIn(folder: string): Promise<Buffer[]> {
  const roots = [await readCapped(rootPath(folder, 1), limits.ROOT_MAX_BYTES)];
  for (;;) {
    const next = await readIfThere(rootPath(folder, roots.length + 1), limits.ROOT_MAX_BYTES);
    if (!next) return roots;
    roots.push(next);
  }
}

export function rootPath(folder: string, version: number): string {
  return join(folder, 'metadata', `${version}.root.json`);
}

/** The root in force: each was signed by the one before it. @throws TRUST_SIGNATURE, TRUST_INVALID */
export function newestRoot(roots: readonly Buffer[], what: string): Root {
  return chain(roots, what).root.signed;
}

/** The keys that a repository’s root in force names, by their ids. */
export interface KeysInForce {
  /** Of the root. */
  version: number;
  expiresAt: number;
  root: readonly string[];
  /** Of whoever signs releases. */
  role: readonly PublicKey[];
}

/** @throws FILE_MISSING, TRUST_SIGNATURE, TRUST_INVALID */
export async function keysInForce(folder: string): Promise<KeysInForce> {
  const { version, expires, keys, roles } = checkRoot(newestRoot(await rootsIn(folder), folder));
  const role = roles.timestamp.keyids.map((keyId) => ({ keyId, publicKeyHex: keys[keyId]?.keyval.public ?? '' }));
  return { version, expiresAt: Date.parse(expires), root: roles.root.keyids, role };
}

/** A release, and whether the keys that signed it are no longer those of the root in force. */
export interface LastRelease extends Release {
  readonly isOfFormerKeys: boolean;
}

/**
 * The release a repository folder shows, verified before anyone signs it again: others may have written to a published folder.
 * Right after a change of keys it may still be signed by those of the root before.
 * @throws TRUST_SIGNATURE, TRUST_INVALID, TRUST_DIGEST
 */
export async function lastRelease(folder: string, roots: readonly Buffer[]): Promise<LastRelease | undefined> {
  const timestamp = await readIfThere(join(folder, 'metadata', 'timestamp.json'), limits.TIMESTAMP_MAX_BYTES);
  if (!timestamp) return undefined;
  try {
    return { ...(await releaseUnder(folder, roots, timestamp)), isOfFormerKeys: false };
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'TRUST_SIGNATURE') || roots.length === 1) throw error;
  }
  return { ...(await releaseUnder(folder, roots.slice(0, -1), timestamp)), isOfFormerKeys: true };
}

async function releaseUnder(folder: string, roots: readonly Buffer[], timestamp: Buffer): Promise<Release> {
  const store = chain(roots, folder);
  const file = (name: string, maxBytes: number) => readCapped(join(folder, 'metadata', name), maxBytes);
  try {
    const { version } = store.updateTimestamp(timestamp).signed.snapshotMeta;
    store.updateSnapshot(await file(`${version}.snapshot.json`, limits.SNAPSHOT_MAX_BYTES));
    const targets = await file(`${version}.targets.json`, limits.TARGETS_MAX_BYTES);
    store.updateDelegatedTargets(targets, MetadataKind.Targets, MetadataKind.Root);
    return releaseIn(store, folder);
  } catch (error) {
    throw asRefusal(error, folder);
  }
}

/** A release that was before, as far as it can still be proven. */
export interface PastRelease {
  version: number;
  expiresAt: number;
  targets: readonly Target[];
}

/**
 * A release of before, signed by keys that were in force once; undefined where it is not there any more.
 * @throws TRUST_SIGNATURE, TRUST_INVALID
 */
export async function pastRelease(
  folder: string,
  roots: readonly Buffer[],
  version: number,
): Promise<PastRelease | undefined> {
  const path = join(folder, 'metadata', `${version}.targets.json`);
  const bytes = await readIfThere(path, limits.TARGETS_MAX_BYTES);
  if (!bytes) return undefined;
  try {
    const list = Metadata.fromJSON(MetadataKind.Targets, JSON.parse(bytes.toString('utf8')));
    const signers = roots.map((_, at) => chain(roots.slice(0, at + 1), folder).root);
    if (list.signed.version !== version || !signers.some((root) => isSignedUnder(root, list)))
      throw new AppError('TRUST_SIGNATURE', `${path} is not signed by a key of this project`);
    const targets = Object.entries(list.signed.targets).map(([name, { hashes, length }]) => ({
      name: parseSigned(name, TargetName, path),
      bytes: length,
      sha256: parseSigned(hashes['sha256'], z.string().regex(/^[0-9a-f]{64}$/), path),
    }));
    return { version, expiresAt: Date.parse(list.signed.expires), targets };
  } catch (error) {
    throw asRefusal(error, path);
  }
}

function isSignedUnder(root: Metadata<Root>, list: Metadata<Targets>): boolean {
  try {
    root.verifyDelegate(MetadataKind.Targets, list);
    return true;
  } catch {
    return false;
  }
}

function chain([first, ...others]: readonly Buffer[], what: string): TrustedStore {
  if (!first) throw new AppError('TRUST_INVALID', `${what} has no root`);
  try {
    const store = new TrustedStore(first, NOTHING_EXPIRES);
    for (const root of others) store.updateRoot(root);
    return store;
  } catch (error) {
    throw asRefusal(error, what);
  }
}
