import type { Asked } from './folder-server.ts';
import { roomIn, say } from './show.ts';

const PIECE_BYTES = 64 << 10;

/** GET and HEAD: a file, or one range of it. */
export async function give({ request, response, names, folder }: Asked): Promise<void> {
  await using file = await folder.openToRead(names);
  const { bytes, tag, changedAt } = await folder.look(names);
  const headers = { etag: tag, 'last-modified': changedAt.toUTCString(), 'accept-ranges': 'bytes' };
  if (request.headers['if-none-match'] === tag) return say(response, 304, headers);
  const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === tag;
  const range = isSame ? rangeOf(request.headers.range, bytes) : undefined;
  if (range === 'none') return say(response, 416, { 'content-range': `bytes */${bytes}` });
  const { from, to } = range ?? { from: 0, to: bytes };
  response.writeHead(range ? 206 : 200, {
    ...{ dav: '1, 2', ...headers, 'content-type': 'application/octet-stream', 'content-length': `${to - from}` },
    ...(range ? { 'content-range': `bytes ${from}-${to - 1}/${bytes}` } : {}),
  });
  if (request.method === 'HEAD') return void response.end();
  for (let at = from; at < to; ) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, to - at));
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    // It has become shorter: the guest sees that something is missing.
    if (bytesRead === 0) return void response.destroy();
    at += bytesRead;
    if (!response.write(piece.subarray(0, bytesRead))) await roomIn(response);
  }
  response.end();
}

/** One range, its end exclusive; undefined where all is to be given, as where there are several. */
function rangeOf(text: string | undefined, bytes: number): { from: number; to: number } | 'none' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? bytes : Math.min(bytes, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < from) return undefined;
  return from < to ? { from, to } : 'none';
}
