import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, systemCode } from '../../lib/errors.ts';
import { pause } from '../pause.ts';

export type { Socket };

/** O_PATH, which Node does not name: a file that is only looked at and gone through. */
const O_PATH = 0x20_00_00;

/**
 * Connects to a Unix socket, trying again until somebody listens. Whoever owns its folder made it: a link there, or the
 * socket of another user, leads nowhere, for the folder may belong to one whom we do not follow. Of one that is to stay unread nothing is
 * taken: it may be handed on.
 * @throws INTERRUPTED when `signal` ends it, FETCH_FAILED when nobody listens within `timeoutMs`, FILE_DENIED for a socket of another
 */
export async function connectUnix(
  path: string,
  timeoutMs: number,
  signal?: AbortSignal,
  { isUnread = false } = {},
): Promise<Socket> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await connectOwned(path, isUnread);
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      const wait = ['ENOENT', 'ECONNREFUSED', 'EAGAIN'].includes(systemCode(cause) ?? '');
      if (signal?.aborted) throw new AppError('INTERRUPTED', `waiting for ${path} was interrupted`, { cause });
      if (!wait || performance.now() > until)
        throw new AppError('FETCH_FAILED', `nobody listens on ${path}`, { cause });
    }
    await sleep(10);
  }
}

/** Whether a program listens on a Unix socket, were it to hang up at once. */
export async function hasListener(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED'].includes(systemCode(error) ?? '')) return false;
    throw error;
  } finally {
    socket.destroy();
  }
}

/** Writes, and resolves when the other end has room for more or the socket is closed: a peer who does not read is waited for. */
export function writeLine(socket: Socket, line: string): Promise<void> {
  return new Promise((resolve) => {
    socket.write(line, () => resolve());
  });
}

/** The same bytes, at most so many a second on the average, and one second’s at once; as they come from when `hurry` has fired on. */
export async function* paced(
  socket: AsyncIterable<Buffer>,
  bytesPerSecond: number,
  hurry: AbortSignal = new AbortController().signal,
): AsyncGenerator<Buffer> {
  let owedMs = 0;
  let since = performance.now();
  for await (const chunk of socket) {
    yield chunk;
    const now = performance.now();
    owedMs = Math.max(0, owedMs - (now - since)) + (chunk.length / bytesPerSecond) * 1000;
    since = now;
    if (owedMs > 1000) await pause(owedMs - 1000, hurry);
  }
}

async function connectOwned(path: string, isUnread: boolean): Promise<Socket> {
  await using file = await open(path, O_PATH | constants.O_NOFOLLOW);
  await requireOwned(path, file);
  // By its descriptor: whatever has the name by now is another file.
  const socket = connect(`/proc/self/fd/${file.fd}`);
  if (isUnread) socket.pause();
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function requireOwned(path: string, file: FileHandle): Promise<void> {
  const [found, folder] = await Promise.all([file.stat(), stat(dirname(path))]);
  if (found.isSocket() && found.uid === folder.uid) return;
  const what = found.isSocket() ? 'a socket of another user' : 'no socket';
  throw new AppError('FILE_DENIED', `${path} is ${what}: it is not followed`, { details: { path } });
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

/** A name that this process holds. */
export type HeldName = AsyncDisposable;

/**
 * Takes a name that one process of this network namespace can have at a time, until it is disposed of or the process ends,
 * however it ends: no file is left. Returns undefined where another has it.
 */
export async function holdName(name: string): Promise<HeldName | undefined> {
  const holder = createServer((socket) => socket.destroy());
  try {
    await once(holder.listen({ path: `\0${name}` }), 'listening');
  } catch (error) {
    if (systemCode(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
  return {
    async [Symbol.asyncDispose]() {
      holder.close();
    },
  };
}
