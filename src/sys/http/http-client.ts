import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type Duplex, pipeline } from 'node:stream';
import { AppError, systemCode } from '../../lib/errors.ts';
import { hasListener, linesOf } from '../network/sockets.ts';
import { request } from './http.ts';

/** What a connection becomes on which bytes go both ways and mean nothing to the service. */
export const STREAM_PROTOCOL = 'lazaret-stream';
const MAX_LINE_BYTES = 16 << 20;

export interface UnixRequest {
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  /** Sent as it is, instead of a body. */
  file?: { content: AsyncIterable<Uint8Array>; bytes: number };
  signal?: AbortSignal;
}

/** What a service on a Unix socket answers: its status, and its lines of JSON as they come. */
export interface UnixResponse {
  status: number;
  lines: AsyncGenerator<unknown>;
}

/** Each question has a connection of its own: one that was kept may be closed by the service in the very moment in which it is used again. */
const OWN = { agent: false } as const;

/**
 * Asks the service that listens on a Unix socket.
 * @throws DAEMON_UNREACHABLE, DAEMON_HANGS_UP, DAEMON_DENIED, INTERRUPTED, FILE_INVALID: the file became shorter meanwhile
 */
export async function askUnix(
  socketPath: string,
  { method, path, body, file, signal }: UnixRequest,
): Promise<UnixResponse> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    ...(text === undefined ? {} : { 'content-type': 'application/json' }),
    ...(file ? { 'content-length': `${file.bytes}` } : {}),
  };
  const asked = request({ ...OWN, socketPath, method, path, headers, ...(signal ? { signal } : {}) });
  let broken: AppError | undefined;
  if (file) {
    asked.flushHeaders();
    pipeline(whole(file), asked, (error) => {
      if (error instanceof AppError) broken = error;
    });
  } else asked.end(text);
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, lines: parsed(response) };
  } catch (cause) {
    throw broken ?? (await noAnswer(cause, socketPath, signal));
  }
}

/**
 * Asks such a service for a stream of bytes; where it refuses, its answer.
 * @throws DAEMON_UNREACHABLE, DAEMON_HANGS_UP, DAEMON_DENIED, INTERRUPTED
 */
export async function openStream(
  socketPath: string,
  path: string,
  signal?: AbortSignal,
): Promise<{ stream: Duplex } | { refused: unknown }> {
  const headers = { connection: 'Upgrade', upgrade: STREAM_PROTOCOL };
  const asked = request({ ...OWN, socketPath, path, headers, ...(signal ? { signal } : {}) });
  const answered = Promise.withResolvers<{ stream: Duplex } | { response: IncomingMessage }>();
  asked.once('upgrade', (_response, stream, head) => {
    if (head.length > 0) stream.unshift(head);
    answered.resolve({ stream });
  });
  asked.once('response', (response) => answered.resolve({ response }));
  asked.once('error', answered.reject);
  asked.end();
  try {
    const answer = await answered.promise;
    if ('stream' in answer) return answer;
    for await (const line of parsed(answer.response)) return { refused: line };
  } catch (cause) {
    throw await noAnswer(cause, socketPath, signal);
  }
  throw new AppError('DAEMON_UNREACHABLE', 'the service did not answer');
}

/** A file as long as was said of it. @throws FILE_INVALID where it is not any more */
async function* whole({ content, bytes }: NonNullable<UnixRequest['file']>): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const piece of content) {
    left -= piece.length;
    yield piece;
  }
  if (left > 0) throw new AppError('FILE_INVALID', `it became ${left} bytes shorter while it was sent`);
}

async function noAnswer(cause: unknown, socketPath: string, signal: AbortSignal | undefined): Promise<AppError> {
  if (signal?.aborted) return new AppError('INTERRUPTED', 'interrupted', { cause });
  const code = systemCode(cause) ?? '';
  if (['EACCES', 'EPERM'].includes(code))
    return new AppError('DAEMON_DENIED', `you may not use ${socketPath}`, { cause });
  // One that has ended, or is ending, listens no more.
  if (['EPIPE', 'ECONNRESET'].includes(code) && (await hasListener(socketPath).catch(() => true)))
    return new AppError('DAEMON_HANGS_UP', `the service on ${socketPath} closes the connection`, { cause });
  return new AppError('DAEMON_UNREACHABLE', `no service answers on ${socketPath}`, { cause });
}

async function* parsed(response: IncomingMessage): AsyncGenerator<unknown> {
  response.on('error', () => response.destroy());
  for await (const line of linesOf(ended(response), MAX_LINE_BYTES)) {
    if (line === undefined) throw new AppError('DAEMON_UNREACHABLE', 'the service answered with too long a line');
    if (line !== '') yield JSON.parse(line);
  }
}

/** A whole answer of one line comes without a line end. */
async function* ended(response: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* response;
  yield Buffer.from('\n');
}
