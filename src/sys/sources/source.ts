import { AppError, systemCode } from '../../lib/errors.ts';
import { noAnswer } from '../network/no-answer.ts';

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface FetchOptions {
  maxBytes: number;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** What is wanted of a file: all of it, or `bytes` from `from` on, of the very version that had this tag. */
export interface Wanted extends FetchOptions {
  from?: number;
  bytes?: number;
  tag?: string | undefined;
  /** The entity tag of a version that one has: that one is not sent again. */
  unless?: string | undefined;
}

/** What a source gives of a file. */
export interface Opened {
  from: number;
  /** All of the file, whatever was wanted: the source cannot give less of it, or has another version. */
  isWhole?: boolean;
  chunks: Chunks;
  /** What tells this version of the file from any other (a strong entity tag), where the source has such a thing. */
  tag?: string;
  /** The entity tag, weak or strong, for `unless`; only where no later version can have the same. */
  etag?: string;
  /** It is the version that one has, so there are no chunks. */
  isUnchanged?: boolean;
}

/** A place of named files: a folder, an archive, several volumes, a web address. Nothing it gives is to be believed. */
export interface Source extends AsyncDisposable {
  /** As people know it: its path or address. */
  readonly name: string;
  /** A server that may be asked for several parts at once, and may be back after a while. */
  readonly isRemote?: boolean;
  /** @throws FETCH_MISSING, FETCH_FAILED, MEDIA_INVALID, VOLUME_MISSING, VOLUME_WRONG, INTERRUPTED */
  open(path: string, wanted: Wanted): Promise<Opened>;
}

/**
 * One file of a source, at most `maxBytes` of it.
 * @throws FETCH_FAILED, FETCH_NAME, FETCH_TLS, FETCH_MISSING (404, 403 or no such file), FETCH_TOO_LARGE, MEDIA_INVALID, INTERRUPTED
 */
export async function fetchBytes(source: Source, path: string, options: FetchOptions): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await openCounted(source, path, options)).chunks) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Opens a file whose chunks end with FETCH_TOO_LARGE at the cap, and whose failures have a code. */
export async function openCounted(source: Source, path: string, wanted: Wanted): Promise<Opened> {
  const what = `${path} of ${source.name}`;
  try {
    const opened = await source.open(path, wanted);
    const { maxBytes, bytes = maxBytes } = wanted;
    const most = opened.isWhole ? maxBytes : Math.min(bytes, maxBytes - opened.from);
    return { ...opened, chunks: counted(opened.chunks, most, what, wanted.signal) };
  } catch (error) {
    throw fetchError(error, what, wanted.signal);
  }
}

async function* counted(
  chunks: Chunks,
  most: number,
  what: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > most) throw new AppError('FETCH_TOO_LARGE', `${what} is larger than was announced`);
      yield chunk;
    }
  } catch (error) {
    throw fetchError(error, what, signal);
  }
}

function fetchError(error: unknown, what: string, signal: AbortSignal | undefined): unknown {
  if (error instanceof AppError) return error;
  if (signal?.aborted) return new AppError('INTERRUPTED', `fetching ${what} was interrupted`, { cause: error });
  if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? ''))
    return new AppError('FETCH_MISSING', `${what} could not be fetched: it is not there`, { cause: error });
  const { code, why } = noAnswer(error);
  return new AppError(code, `${what} could not be fetched: ${why}`, { cause: error });
}
