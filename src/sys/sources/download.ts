import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../lib/errors.ts';
import { inOrder } from '../../lib/in-order.ts';
import { fileError } from '../files/file-error.ts';
import { type FetchOptions, openCounted, type Source } from './source.ts';

/** The least that a request asks for, so that a server gets at most one for so many bytes. */
const PART_BYTES = 8 << 20;
const AT_ONCE = 4;
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 500;

export interface DownloadOptions extends FetchOptions {
  /** The length of the file: not more of it is taken. */
  maxBytes: number;
  /** What told the version of which the file already has a part, when that came from this source. */
  tag?: string | undefined;
  /** Told the version as soon as it is known, before a byte of it is written. */
  onTag?: (tag: string | undefined) => Promise<void>;
  /** Told how many bytes are there. */
  onBytes?: (bytes: number) => void;
  /** Before the second attempt; doubled before each further one. */
  pauseMs?: number;
}

/**
 * Brings a file that may be there in part to its full length, from where it ends. Of a web server it takes several ranges at
 * once; when that fails for a reason that may pass, it waits and goes on. Whether the bytes are the right ones is for the
 * caller to prove: what was there may be of another version.
 * @throws FETCH_FAILED, FETCH_NAME, FETCH_TLS, FETCH_MISSING, FETCH_TOO_LARGE, MEDIA_INVALID, VOLUME_*, DISK_FULL, INTERRUPTED
 */
export async function completeFile(source: Source, path: string, to: string, options: DownloadOptions): Promise<void> {
  const { signal, pauseMs = FIRST_PAUSE_MS } = options;
  let { tag } = options;
  for (let attempt = 1; ; attempt += 1) {
    const before = await sizeOf(to);
    try {
      const onTag = async (seen: string | undefined) => {
        tag = seen;
        await options.onTag?.(seen);
      };
      return await advance(source, path, to, { ...options, tag, onTag });
    } catch (error) {
      if (!source.isRemote || !mayPass(error)) throw error;
      if ((await sizeOf(to)) > before) attempt = 1;
      if (attempt === ATTEMPTS) throw error;
      // Jitter keeps many computers from coming back in the same moment.
      const waitMs = pauseMs * 2 ** (attempt - 1) * (0.5 + Math.random());
      await sleep(waitMs, undefined, signal ? { signal } : {}).catch((cause: unknown) => {
        throw new AppError('INTERRUPTED', `fetching ${path} was interrupted`, { cause });
      });
    }
  }
}

async function advance(source: Source, path: string, to: string, options: DownloadOptions): Promise<void> {
  const { maxBytes, onTag, onBytes } = options;
  await using file = await openPart(to);
  let at = (await file.stat()).size;
  if (at > maxBytes) at = 0;
  await file.truncate(at);
  if (at === maxBytes) return;
  const [first, ...others] = source.isRemote ? parts(at, maxBytes) : [{ from: at, bytes: maxBytes - at }];
  const write = async (bytes: Uint8Array) => {
    await file.write(bytes, 0, bytes.length, at).catch((error: unknown) => {
      throw fileError(error, to);
    });
    at += bytes.length;
    onBytes?.(at);
  };
  const opened = await openCounted(source, path, { ...options, ...(source.isRemote || at > 0 ? first : {}) });
  const begin = async () => {
    await onTag?.(opened.tag);
    at = opened.from;
    await file.truncate(at);
  };
  let hasBegun = false;
  // What fails in this loop closes the source; before it, the source’s file would stay open.
  for await (const chunk of opened.chunks) {
    if (!hasBegun) await begin();
    hasBegun = true;
    await write(chunk);
  }
  if (!hasBegun) await begin();
  if (opened.isWhole) return requireAll(at, maxBytes, path);
  const { tag } = opened;
  const fetchPart = async (part: { from: number; bytes: number }) => {
    const { chunks, isWhole } = await openCounted(source, path, { ...options, tag, ...part });
    if (isWhole) throw new AppError('FETCH_FAILED', `${path} of ${source.name} changed while it was fetched`);
    const all: Uint8Array[] = [];
    for await (const chunk of chunks) all.push(chunk);
    return { ...part, all: Buffer.concat(all) };
  };
  for await (const { from, bytes, all } of inOrder(others, AT_ONCE, fetchPart)) {
    if (from !== at) throw new AppError('FETCH_FAILED', `${path} of ${source.name} came with a gap`);
    await write(all);
    requireAll(all.length, bytes, path);
  }
  requireAll(at, maxBytes, path);
}

/** Ranges from `at` on, none shorter than `PART_BYTES` but where there is only one. */
export function parts(at: number, end: number): { from: number; bytes: number }[] {
  const count = Math.max(1, Math.floor((end - at) / PART_BYTES));
  return Array.from({ length: count }, (_none, index) => {
    const from = at + index * PART_BYTES;
    return { from, bytes: index === count - 1 ? end - from : PART_BYTES };
  });
}

function requireAll(bytes: number, wanted: number, path: string): void {
  if (bytes < wanted) throw new AppError('FETCH_FAILED', `${path} ended after ${bytes} of ${wanted} bytes`);
}

/** A server that is overloaded or gone for a while; what it lacks or forbids it will not have after a pause either. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof AppError) || !['FETCH_FAILED', 'FETCH_NAME'].includes(error.code)) return false;
  const { status } = error.details;
  return typeof status !== 'number' || status >= 500 || status === 429;
}

async function openPart(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    throw fileError(error, path);
  }
}

async function sizeOf(path: string): Promise<number> {
  await using file = await openPart(path);
  return (await file.stat()).size;
}
