import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { AppError, systemCode } from '../../lib/errors.ts';
import { linesOf } from './sockets.ts';

const MAX_LINE_BYTES = 16 << 20;

export interface UnixRequest {
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  signal?: AbortSignal;
}

/** What a service on a Unix socket answers: its status, and its lines of JSON as they come. */
export interface UnixResponse {
  status: number;
  lines: AsyncGenerator<unknown>;
}

/**
 * Asks the service that listens on a Unix socket.
 * @throws DAEMON_UNREACHABLE, DAEMON_DENIED, INTERRUPTED
 */
export async function askUnix(socketPath: string, { method, path, body, signal }: UnixRequest): Promise<UnixResponse> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = text === undefined ? {} : { 'content-type': 'application/json' };
  const asked = request({ socketPath, method, path, headers, ...(signal ? { signal } : {}) });
  asked.end(text);
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, lines: parsed(response) };
  } catch (cause) {
    if (signal?.aborted) throw new AppError('INTERRUPTED', 'interrupted', { cause });
    const denied = systemCode(cause) === 'EACCES' || systemCode(cause) === 'EPERM';
    const message = denied ? `you may not use ${socketPath}` : `no service answers on ${socketPath}`;
    throw new AppError(denied ? 'DAEMON_DENIED' : 'DAEMON_UNREACHABLE', message, { cause });
  }
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
