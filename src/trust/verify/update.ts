import { join } from 'node:path';
import type { Metadata, Root } from '@tufjs/models';
import { type Fetcher, Updater } from 'tuf-js';
import { DownloadHTTPError, PersistError, RuntimeError } from 'tuf-js/dist/error.js';
import { TrustedMetadataStore } from 'tuf-js/dist/store.js';
import { AppError } from '../../lib/errors.ts';
import { readCapped, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder, removeFolder } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { fetchBytes, type Source } from '../../sys/sources/source.ts';
import * as limits from '../limits.ts';
import { asRefusal } from '../refusal.ts';
import { ROLES, type RoleName, type SavedMetadata } from './saved.ts';
import type { TrustedStore } from './trusted-store.ts';

const MAX_BYTES = {
  root: limits.ROOT_MAX_BYTES,
  timestamp: limits.TIMESTAMP_MAX_BYTES,
  snapshot: limits.SNAPSHOT_MAX_BYTES,
  targets: limits.TARGETS_MAX_BYTES,
} as const;

/** tuf-js wants an address: below this one it names the files of any source. */
const METADATA = 'source:///metadata';

export interface UpdateOptions {
  source: Source;
  /** tuf-js overwrites files in place, so it works on a copy, in a folder beside this path. */
  beside: string;
  /** Is given each role as soon as it is verified, before anything more is fetched. */
  keep: (role: RoleName, bytes: Buffer) => Promise<void>;
  /** A last look at the root that the chain ends with, before any of it is kept. */
  proveRoot?: (root: Metadata<Root>) => Promise<void>;
  signal: AbortSignal | undefined;
}

/**
 * Brings metadata up to date with a source (TUF §5.3 to §5.6). What was verified is kept at once, so that whoever stops the
 * rest cannot make it unseen; a whole release is returned, or none. Delegated roles are not carried over: tuf-js would reuse
 * them unchecked.
 * @throws TRUST_SIGNATURE, TRUST_ROLLBACK, TRUST_EXPIRED, TRUST_DIGEST, TRUST_INVALID, FETCH_*, INTERRUPTED, DISK_FULL
 */
export async function updateMetadata(
  saved: Partial<SavedMetadata> & Pick<SavedMetadata, 'root'>,
  store: TrustedStore,
  options: UpdateOptions,
): Promise<SavedMetadata> {
  const folder = temporaryBeside(options.beside);
  try {
    await makeFolder(folder, 0o700);
    for (const role of ROLES) {
      const bytes = saved[role];
      if (bytes) await writeFileAtomic(join(folder, `${role}.json`), bytes);
    }
    await refreshIn(folder, store, options);
    const [root, timestamp, snapshot, targets] = await Promise.all([
      readCapped(join(folder, 'root.json'), MAX_BYTES.root),
      readCapped(join(folder, 'timestamp.json'), MAX_BYTES.timestamp),
      readCapped(join(folder, 'snapshot.json'), MAX_BYTES.snapshot),
      readCapped(join(folder, 'targets.json'), MAX_BYTES.targets),
    ]);
    return { root, timestamp, snapshot, targets };
  } finally {
    await removeFolder(folder);
  }
}

async function refreshIn(folder: string, store: TrustedStore, options: UpdateOptions): Promise<void> {
  const updater = new Updater({
    metadataDir: folder,
    metadataBaseUrl: METADATA,
    fetcher: metadataFetcher(store, options),
    config: {
      maxRootRotations: limits.MAX_ROOT_ROTATIONS,
      maxDelegations: 0,
      rootMaxLength: MAX_BYTES.root,
      timestampMaxLength: MAX_BYTES.timestamp,
      snapshotMaxLength: MAX_BYTES.snapshot,
      targetsMaxLength: MAX_BYTES.targets,
    },
  });
  // The updater makes a store of its own from the same root; ours has our clock and keeps its refusals.
  if (!(Reflect.get(updater, 'trustedSet') instanceof TrustedMetadataStore))
    throw new AppError('INTERNAL', 'tuf-js moved its store');
  Reflect.set(updater, 'trustedSet', store);
  try {
    await updater.refresh();
    await keepVerified(store, options);
  } catch (error) {
    throw asRefusal(causeOf(error, store.lastRefusal), `the metadata of ${options.source.name}`);
  }
}

/** tuf-js puts what stopped it as text into a `RuntimeError`: the refusal with that text is the cause itself. */
function causeOf(error: unknown, lastRefusal: unknown): unknown {
  if (!(error instanceof RuntimeError)) return error;
  if (error.message.includes('Failed to persist metadata')) return new PersistError(error.message, { cause: error });
  return error.message.endsWith(` ${lastRefusal}`) ? lastRefusal : error;
}

async function keepVerified(store: TrustedStore, { keep }: UpdateOptions): Promise<void> {
  for (const { role, bytes } of store.takeVerified()) await keep(role, bytes);
}

/**
 * What tuf-js fetches with: our source, whose files it knows by `METADATA`, and our caps, which also hold where signed metadata
 * announces more. What was verified until then is kept first.
 */
function metadataFetcher(store: TrustedStore, options: UpdateOptions): Fetcher {
  const { source, proveRoot, signal } = options;
  let isProven = proveRoot === undefined;
  return {
    async downloadBytes(address, maxLength) {
      const url = new URL(address);
      const maxBytes = Math.min(maxLength, MAX_BYTES[roleOf(url)]);
      try {
        if (!isProven && roleOf(url) !== 'root') {
          await proveRoot?.(store.root);
          isProven = true;
        }
        if (isProven) await keepVerified(store, options);
        return await fetchBytes(source, url.pathname.slice(1), {
          maxBytes,
          timeoutMs: limits.FETCH_TIMEOUT_MS,
          ...(signal ? { signal } : {}),
        });
      } catch (error) {
        // No next root: the one we have is the newest (TUF §5.3.3). tuf-js knows this by the status alone.
        if (error instanceof AppError && error.code === 'FETCH_MISSING' && roleOf(url) === 'root')
          throw new DownloadHTTPError(error.message, 404);
        store.lastRefusal = error;
        throw error;
      }
    },
    downloadFile: () => Promise.reject(new AppError('INTERNAL', 'targets are not fetched through tuf-js')),
  };
}

function roleOf(url: URL): RoleName {
  const name = /(?:^|[./])(\w+)\.json$/.exec(url.pathname)?.[1];
  const role = ROLES.find((one) => one === name);
  if (role) return role;
  throw new AppError('INTERNAL', `tuf-js asked for ${url}, which no repository of ours has`);
}
