import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AppError, systemCode } from '../lib/errors.ts';
import { fileError, readCapped } from './files.ts';

const MAX_REDIRECTS = 3;

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface FetchOptions {
  maxBytes: number;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** An address of a package or policy server: `https:`, `http:`, `file:`, or a path, which becomes a `file:` address. */
export function addressOf(text: string): URL {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    const url = URL.parse(text);
    if (url && ['http:', 'https:', 'file:'].includes(url.protocol)) return url;
    throw new AppError('USAGE', `${text} is no https:, http: or file: address`);
  }
  return pathToFileURL(text);
}

/** The address of something inside a folder's address. */
export function below(base: URL, path: string): URL {
  const folder = new URL(base);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  return new URL(path.split('/').map(encodeURIComponent).join('/'), folder);
}

/**
 * Everything at an address, at most `maxBytes`.
 * @throws FETCH_FAILED, FETCH_MISSING (404, 403 or no such file), FETCH_TOO_LARGE, INTERRUPTED
 */
export async function fetchBytes(url: URL, options: FetchOptions): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await openAddress(url, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * Copies what is at an address into a new file and counts it while it arrives.
 * @throws as fetchBytes; DISK_FULL, FILE_DENIED
 */
export async function fetchFile(url: URL, path: string, options: FetchOptions): Promise<void> {
  const source = await openAddress(url, options);
  try {
    await pipeline(source, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }));
  } catch (error) {
    throw fileError(error, path);
  }
}

async function openAddress(url: URL, options: FetchOptions): Promise<AsyncGenerator<Uint8Array>> {
  const source = url.protocol === 'file:' ? await fileAt(url, options) : await responseAt(url, options);
  return counted(source, url, options);
}

async function* counted(source: Chunks, url: URL, options: FetchOptions): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > options.maxBytes)
        throw new AppError('FETCH_TOO_LARGE', `${url} is larger than ${options.maxBytes} bytes`);
      yield chunk;
    }
  } catch (error) {
    throw fetchError(error, url, options);
  }
}

async function fileAt(url: URL, { maxBytes, signal }: FetchOptions): Promise<Chunks> {
  const path = fileURLToPath(url);
  try {
    if (maxBytes <= 1 << 20) return [await readCapped(path, maxBytes)];
    const file = await open(path, 'r');
    if (!(await file.stat()).isFile()) {
      await file.close();
      throw new AppError('FETCH_FAILED', `${path} is no ordinary file`);
    }
    return file.createReadStream({ highWaterMark: 1 << 20, ...(signal ? { signal } : {}) });
  } catch (error) {
    throw fetchError(error, url, { maxBytes });
  }
}

async function responseAt(url: URL, options: FetchOptions): Promise<Chunks> {
  const signals = [AbortSignal.timeout(options.timeoutMs ?? 30_000), ...(options.signal ? [options.signal] : [])];
  let at = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const response = await fetch(at, { redirect: 'manual', signal: AbortSignal.any(signals) }).catch(
      (error: unknown) => {
        throw fetchError(error, url, options);
      },
    );
    if (response.status === 200 && response.body) return Readable.fromWeb(response.body);
    await response.body?.cancel();
    const next = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || next === null) throw refused(url, response.status);
    at = new URL(next, at);
    const safe = at.protocol === 'https:' || (at.protocol === 'http:' && url.protocol === 'http:');
    if (!safe) throw new AppError('FETCH_FAILED', `${url} leads to ${at}, which is not as safe`);
  }
  throw new AppError('FETCH_FAILED', `${url} leads on too often`);
}

function refused(url: URL, status: number): AppError {
  const code = status === 404 || status === 403 ? 'FETCH_MISSING' : 'FETCH_FAILED';
  return new AppError(code, `${url} answered with status ${status}`, { details: { url: String(url), status } });
}

function fetchError(error: unknown, url: URL, { signal }: FetchOptions): unknown {
  if (error instanceof AppError) {
    const missing = error.code === 'FILE_MISSING';
    const large = error.code === 'FILE_TOO_LARGE';
    return missing || large
      ? new AppError(missing ? 'FETCH_MISSING' : 'FETCH_TOO_LARGE', error.message, { cause: error })
      : error;
  }
  if (signal?.aborted) return new AppError('INTERRUPTED', `fetching ${url} was interrupted`, { cause: error });
  const code = systemCode(error) === 'ENOENT' ? 'FETCH_MISSING' : 'FETCH_FAILED';
  return new AppError(code, `${url} could not be fetched`, { cause: error, details: { url: String(url) } });
}
