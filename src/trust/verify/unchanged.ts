import { AppError } from '../../lib/errors.ts';
import { openCounted, type Source } from '../../sys/sources/source.ts';
import * as limits from '../limits.ts';
import type { RepositoryName } from '../root.ts';
import { openCached } from './client.ts';
import { keptRoles, savedMetadata } from './saved.ts';

/**
 * Whether a source shows the very release that was verified last; undefined when it shows another, and when what is known here
 * does not hold any more. That release is verified again from its root down, its expiry too. New roots are not asked for:
 * whoever could hold them back could hold back the timestamp as well, and expiry ends both.
 * @throws FETCH_*, STORE_*, INTERRUPTED
 */
export async function unchangedRelease(
  folder: string,
  repository: RepositoryName,
  source: Source,
  { now, unless, signal }: { now: number; unless?: string | undefined; signal?: AbortSignal },
): Promise<{ version: number; etag: string | undefined } | undefined> {
  const { chunks, isUnchanged, etag } = await openCounted(source, 'metadata/timestamp.json', {
    maxBytes: limits.TIMESTAMP_MAX_BYTES,
    timeoutMs: limits.FETCH_TIMEOUT_MS,
    unless,
    ...(signal ? { signal } : {}),
  });
  const bytes: Uint8Array[] = [];
  for await (const chunk of chunks) bytes.push(chunk);
  try {
    const saved = await savedMetadata(folder, repository);
    const { root = saved?.root } = await keptRoles(folder, repository);
    // A newer root came without its release: the keys of this one may be revoked.
    if (!saved || !root?.equals(saved.root)) return undefined;
    if (!isUnchanged && !saved.timestamp.equals(Buffer.concat(bytes))) return undefined;
    const release = await openCached(folder, repository, now);
    return release && { version: release.version, etag };
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('TRUST_')) return undefined;
    throw error;
  }
}
