import { once } from 'node:events';
import { chown, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { requireGoing } from '../../lib/interrupted.ts';

/** Waits for the one connection to a socket; disposing of it ends the waiting, and takes the socket away. */
export interface OneConnection extends AsyncDisposable {
  /** @throws INTERRUPTED, or what `signal` says */
  accept(signal: AbortSignal): Promise<Socket>;
}

/**
 * Listens on a Unix socket for one connection of one user, ours where none is named. Its folder must be ours: nobody else can
 * put another thing in its place.
 */
export async function listenForOne(path: string, uid: number | undefined): Promise<OneConnection> {
  const server = createServer({ pauseOnConnect: true });
  server.maxConnections = 1;
  // Connecting takes the right to write, which Node leaves to the owner alone with this mask.
  const former = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(former);
  }
  await once(server, 'listening');
  if (uid !== undefined) await chown(path, uid, uid);
  return {
    async accept(signal) {
      const [socket] = await once(server, 'connection', { signal }).catch((error: unknown) => {
        requireGoing(signal);
        throw error;
      });
      server.close();
      return socket;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      await rm(path, { force: true });
    },
  };
}
