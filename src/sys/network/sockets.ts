import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, systemCode } from '../../lib/errors.ts';

export type { Socket };

/**
 * Connects to a Unix socket, trying again until somebody listens.
 * @throws INTERRUPTED when `signal` ends it, FETCH_FAILED when nobody listens within `timeoutMs`
 */
export async function connectUnix(path: string, timeoutMs: number, signal?: AbortSignal): Promise<Socket> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (cause) {
      socket.destroy();
      const wait = ['ENOENT', 'ECONNREFUSED', 'EAGAIN'].includes(systemCode(cause) ?? '');
      if (signal?.aborted) throw new AppError('INTERRUPTED', `waiting for ${path} was interrupted`, { cause });
      if (!wait || performance.now() > until)
        throw new AppError('FETCH_FAILED', `nobody listens on ${path}`, { cause });
    }
    await sleep(10);
  }
}

/** Writes, and resolves when the other end has room for more or the socket is closed: a peer who does not read is waited for. */
export function writeLine(socket: Socket, line: string): Promise<void> {
  return new Promise((resolve) => {
    socket.write(line, () => resolve());
  });
}

/** The same bytes, at most so many a second on the average, and one second’s at once. */
export async function* paced(socket: AsyncIterable<Buffer>, bytesPerSecond: number): AsyncGenerator<Buffer> {
  let owedMs = 0;
  let since = performance.now();
  for await (const chunk of socket) {
    yield chunk;
    const now = performance.now();
    owedMs = Math.max(0, owedMs - (now - since)) + (chunk.length / bytesPerSecond) * 1000;
    since = now;
    if (owedMs > 1000) await sleep(owedMs - 1000);
  }
}

/**
 * The lines that arrive on a socket, each at most `maxBytes` long without its end.
 * What is longer is dropped up to its end and given as undefined, so that memory stays bounded whatever is sent.
 */
export async function* linesOf(socket: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<string | undefined> {
  let held: Buffer[] = [];
  let length = 0;
  let tooLong = false;
  for await (const chunk of socket) {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      held.push(rest.subarray(0, end));
      length += end;
      yield tooLong || length > maxBytes ? undefined : Buffer.concat(held).toString('utf8');
      held = [];
      length = 0;
      tooLong = false;
      rest = rest.subarray(end + 1);
    }
    length += rest.length;
    if (length > maxBytes) {
      tooLong = true;
      held = [];
    } else held.push(rest);
  }
}
