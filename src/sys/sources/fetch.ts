import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AppError } from '../../lib/errors.ts';
import { folderSource } from './folder-source.ts';
import type { Opened, Source, Wanted } from './source.ts';

const MAX_REDIRECTS = 3;
const SETTLED_MS = 10_000;
/** Bad request, method not allowed, range not satisfiable, not implemented. */
const RANGE_REFUSALS: ReadonlySet<number> = new Set([400, 405, 416, 501]);
// Node remembers each of the first 250 requests with its whole address, for whoever measures pages: nobody does here, and what
// an address has in its query stays in memory otherwise.
performance.setResourceTimingBufferSize(0);

/** An address of a package or policy server: `https:`, `http:`, `file:`, or a path, which becomes a `file:` address. */
export function addressOf(text: string): URL {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    const url = URL.parse(text);
    if (url && ['http:', 'https:', 'file:'].includes(url.protocol)) return url;
    throw new AppError('USAGE', `${shownAddress(text)} is not an https:, http: or file: address`);
  }
  return pathToFileURL(text);
}

/** An address as messages show it: without user, password and query, which may be what lets one in. */
export function shownAddress(address: URL | string): string {
  const url = URL.parse(String(address));
  if (!url) return String(address);
  url.username = '';
  url.password = '';
  url.search = '';
  return url.href;
}

/** The files below an address. Its user and password are sent as a header, its query with every file’s address. */
export function sourceAt(address: URL): Source {
  if (address.protocol === 'file:') return folderSource(fileURLToPath(address));
  const { username, password } = address;
  const login = [username, password].map(decodeURIComponent).join(':');
  const authorization = login === ':' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
  return {
    name: shownAddress(address),
    isRemote: true,
    open: (path, wanted) => openUrl(below(address, path), wanted, authorization),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function below(base: URL, path: string): URL {
  const folder = new URL(base);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const url = new URL(path.split('/').map(encodeURIComponent).join('/'), folder);
  url.username = '';
  url.password = '';
  url.search = base.search;
  return url;
}

async function openUrl(url: URL, wanted: Wanted, authorization: Record<string, string>): Promise<Opened> {
  const signals = [AbortSignal.timeout(wanted.timeoutMs ?? 30_000), ...(wanted.signal ? [wanted.signal] : [])];
  const unless = wanted.unless ? { 'if-none-match': wanted.unless } : {};
  const shown = shownAddress(url);
  let range = rangeHeaders(wanted);
  let at = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    // A redirect to elsewhere is not told who we are.
    const headers = { ...range, ...unless, ...(at.origin === url.origin ? authorization : {}) };
    const response = await fetch(at, { redirect: 'manual', headers, signal: AbortSignal.any(signals) });
    const { status, body } = response;
    if (Object.keys(range).length > 0 && refusesRange(response, wanted)) {
      await body?.cancel();
      range = {};
      continue;
    }
    if ((status === 200 || status === 206) && body) {
      if (!isPage(response, url)) return openedFrom(response, Readable.fromWeb(body), wanted);
      await body.cancel();
      throw new AppError('FETCH_PAGE', `${shown} is a web page, perhaps of a network that wants you to log in`);
    }
    await body?.cancel();
    if (status === 304 && wanted.unless)
      return { from: 0, isWhole: true, isUnchanged: true, chunks: [], etag: wanted.unless };
    const next = response.headers.get('location');
    if (status < 300 || status >= 400 || next === null) throw refused(shown, status);
    at = new URL(next, at);
    const safe = at.protocol === 'https:' || (at.protocol === 'http:' && url.protocol === 'http:');
    if (!safe) throw new AppError('FETCH_FAILED', `${shown} leads to ${shownAddress(at)}, which is less safe`);
  }
  throw new AppError('FETCH_FAILED', `${shown} redirects too often`);
}

/** A server, or what stands before it, that knows no ranges or gives another one is asked once more, for all of the file. */
function refusesRange({ status, headers }: Response, { from = 0 }: Wanted): boolean {
  return RANGE_REFUSALS.has(status) || (status === 206 && startOf(headers) !== from);
}

function startOf(headers: Headers): number {
  return Number(/^bytes (\d+)-\d+\//.exec(headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
}

/** Whether something between us and the server answered for it: signed files are never pages. */
function isPage({ headers }: Response, { pathname }: URL): boolean {
  return pathname.endsWith('.json') && /^text\/html\b/i.test(headers.get('content-type') ?? '');
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

function openedFrom({ status, headers }: Response, chunks: Readable, { from = 0 }: Wanted): Opened {
  const tag = headers.get('etag');
  const strong = {
    ...(tag?.startsWith('"') ? { tag } : {}),
    ...(tag && isSettled(headers) ? { etag: tag } : {}),
  };
  return status === 200 ? { from: 0, isWhole: true, chunks, ...strong } : { from, chunks, ...strong };
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

function refused(shown: string, status: number): AppError {
  const code = status === 404 || status === 403 ? 'FETCH_MISSING' : 'FETCH_FAILED';
  return new AppError(code, `${shown} answered with status ${status}`, { details: { url: shown, status } });
}
