import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AppError } from '../../lib/errors.ts';
import { folderSource } from './folder-source.ts';
import type { Opened, Source, Wanted } from './source.ts';

const MAX_REDIRECTS = 3;
const SETTLED_MS = 10_000;

/** An address of a package or policy server: `https:`, `http:`, `file:`, or a path, which becomes a `file:` address. */
export function addressOf(text: string): URL {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    const url = URL.parse(text);
    if (url && ['http:', 'https:', 'file:'].includes(url.protocol)) return url;
    throw new AppError('USAGE', `${text} is no https:, http: or file: address`);
  }
  return pathToFileURL(text);
}

/** The files below an address. */
export function sourceAt(address: URL): Source {
  if (address.protocol === 'file:') return folderSource(fileURLToPath(address));
  return {
    name: address.href,
    isRemote: true,
    open: (path, wanted) => openUrl(below(address, path), wanted),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function below(base: URL, path: string): URL {
  const folder = new URL(base);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  return new URL(path.split('/').map(encodeURIComponent).join('/'), folder);
}

async function openUrl(url: URL, wanted: Wanted): Promise<Opened> {
  const signals = [AbortSignal.timeout(wanted.timeoutMs ?? 30_000), ...(wanted.signal ? [wanted.signal] : [])];
  const headers = { ...rangeHeaders(wanted), ...(wanted.unless ? { 'if-none-match': wanted.unless } : {}) };
  let at = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const response = await fetch(at, { redirect: 'manual', headers, signal: AbortSignal.any(signals) });
    const { status, body } = response;
    if ((status === 200 || status === 206) && body) return openedFrom(response, Readable.fromWeb(body), wanted, url);
    await body?.cancel();
    if (status === 304 && wanted.unless)
      return { from: 0, isWhole: true, isUnchanged: true, chunks: [], etag: wanted.unless };
    const next = response.headers.get('location');
    if (status < 300 || status >= 400 || next === null) throw refused(url, status);
    at = new URL(next, at);
    const safe = at.protocol === 'https:' || (at.protocol === 'http:' && url.protocol === 'http:');
    if (!safe) throw new AppError('FETCH_FAILED', `${url} leads to ${at}, which is not as safe`);
  }
  throw new AppError('FETCH_FAILED', `${url} leads on too often`);
}

/** A range is asked for as a part of one version: a server that has another sends all of it (RFC 9110 §13.1.5). */
function rangeHeaders({ from, bytes, tag }: Wanted): Record<string, string> {
  if (from === undefined && bytes === undefined) return {};
  const start = from ?? 0;
  return {
    range: `bytes=${start}-${bytes === undefined ? '' : start + bytes - 1}`,
    'accept-encoding': 'identity',
    ...(tag === undefined ? {} : { 'if-range': tag }),
  };
}

function openedFrom(response: Response, chunks: Readable, wanted: Wanted, url: URL): Opened {
  const tag = response.headers.get('etag');
  const strong = {
    ...(tag?.startsWith('"') ? { tag } : {}),
    ...(tag && isSettled(response.headers) ? { etag: tag } : {}),
  };
  if (response.status === 200) return { from: 0, isWhole: true, chunks, ...strong };
  const from = Number(/^bytes (\d+)-\d+\//.exec(response.headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
  if (from === (wanted.from ?? 0)) return { from, chunks, ...strong };
  chunks.destroy();
  throw new AppError('FETCH_FAILED', `${url} answered with another range than was asked for`);
}

/**
 * Whether a later version must have another entity tag. nginx makes tags of a file’s length and the second it was changed in,
 * so the tag of a file that was changed just now may become that of the next version too (RFC 9110 §8.8.2.2).
 */
function isSettled(headers: Headers): boolean {
  const changed = Date.parse(headers.get('last-modified') ?? '');
  const answered = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(changed) || answered - changed >= SETTLED_MS;
}

function refused(url: URL, status: number): AppError {
  const code = status === 404 || status === 403 ? 'FETCH_MISSING' : 'FETCH_FAILED';
  return new AppError(code, `${url} answered with status ${status}`, { details: { url: String(url), status } });
}
