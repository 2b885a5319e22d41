import { join } from 'node:path';
import { type Fetcher, Updater } from 'tuf-js';
import { DownloadHTTPError, PersistError, RuntimeError } from 'tuf-js/dist/error.js';
import { TrustedMetadataStore } from 'tuf-js/dist/store.js';
import { AppError } from '../lib/errors.ts';
import { readCapped, writeFileAtomic } from '../sys/files/files.ts';
import { makeFolder, removeFolder } from '../sys/files/folders.ts';
import { temporaryBeside } from '../sys/files/temporary.ts';
import { fetchBytes, type Source } from '../sys/sources/source.ts';
import * as limits from './limits.ts';
import { asRefusal } from './refusal.ts';
import type { SavedMetadata } from './saved.ts';
import type { TrustedStore } from './trusted-store.ts';

const MAX_BYTES = {
  root: limits.ROOT_MAX_BYTES,
  timestamp: limits.TIMESTAMP_MAX_BYTES,
  snapshot: limits.SNAPSHOT_MAX_BYTES,
  targets: limits.TARGETS_MAX_BYTES,
} as const;

/** tuf-js wants an address: below this one it names the files of any source. */
const METADATA = 'source:///metadata';

/**
 * Brings metadata up to date with a source (TUF §5.3 to §5.6). tuf-js writes each file as soon as it holds, so it works in
 * a folder of its own, `beside` which nothing is touched; what it arrived at is returned whole or not at all. Delegated
 * roles are not carried over: tuf-js would reuse them unchecked.
 * @throws TRUST_SIGNATURE, TRUST_ROLLBACK, TRUST_EXPIRED, TRUST_DIGEST, TRUST_INVALID, FETCH_*, INTERRUPTED, DISK_FULL
 */
export async function updateMetadata(
  saved: Partial<SavedMetadata> & Pick<SavedMetadata, 'root'>,
  store: TrustedStore,
  { source, beside, signal }: { source: Source; beside: string; signal: AbortSignal | undefined },
): Promise<SavedMetadata> {
  const folder = temporaryBeside(beside);
  try {
    await makeFolder(folder, 0o700);
    for (const role of ['root', 'timestamp', 'snapshot', 'targets'] as const) {
      const bytes = saved[role];
      if (bytes) await writeFileAtomic(join(folder, `${role}.json`), bytes);
    }
    await refreshIn(folder, store, source, signal);
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

async function refreshIn(
  folder: string,
  store: TrustedStore,
  source: Source,
  signal: AbortSignal | undefined,
): Promise<void> {
  const updater = new Updater({
    metadataDir: folder,
    metadataBaseUrl: METADATA,
    fetcher: metadataFetcher(source, store, signal),
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
  } catch (error) {
    throw asRefusal(causeOf(error, store.lastRefusal), `the metadata of ${source.name}`);
  }
}

/** tuf-js puts what stopped it as text into a `RuntimeError`: the refusal with that text is the cause itself. */
function causeOf(error: unknown, lastRefusal: unknown): unknown {
  if (!(error instanceof RuntimeError)) return error;
  if (error.message.includes('Failed to persist metadata')) return new PersistError(error.message, { cause: error });
  return error.message.endsWith(` ${lastRefusal}`) ? lastRefusal : error;
}

/** What tuf-js fetches with: our source, whose files it knows by `METADATA`, and our caps, which also hold where signed metadata announces more. */
function metadataFetcher(source: Source, store: TrustedStore, signal: AbortSignal | undefined): Fetcher {
  return {
    async downloadBytes(address, maxLength) {
      const url = new URL(address);
      const maxBytes = Math.min(maxLength, MAX_BYTES[roleOf(url)]);
      try {
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

function roleOf(url: URL): keyof typeof MAX_BYTES {
  const role = /(?:^|[./])(\w+)\.json$/.exec(url.pathname)?.[1];
  if (role === 'root' || role === 'timestamp' || role === 'snapshot' || role === 'targets') return role;
  throw new AppError('INTERNAL', `tuf-js asked for ${url}, which no repository of ours has`);
}
