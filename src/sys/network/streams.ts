import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Lets bytes pass both ways until one side ends; neither is read faster than the other takes. */
export async function joinStreams(one: Duplex, other: Duplex): Promise<void> {
  const ways = [pipeline(one, other), pipeline(other, one)];
  // Whichever ends first, and however, ends both.
  await Promise.race(ways.map((way) => way.catch(() => undefined)));
  one.destroy();
  other.destroy();
  await Promise.allSettled(ways);
}

/** A Unix socket of ours alone, in a folder of its own; disposing of it ends what goes through it. */
export interface OwnSocket extends AsyncDisposable {
  path: string;
}

/** Listens where this user alone can connect; each connection is joined to a stream that `open` gives. */
export async function ownSocket(
  name: string,
  open: () => Promise<Duplex>,
  onFailure: (error: unknown) => void,
): Promise<OwnSocket> {
  const folder = await mkdtemp(join(process.env['XDG_RUNTIME_DIR'] || tmpdir(), 'lazaret-'));
  const path = join(folder, name);
  const all = new Set<Duplex>();
  const server = createServer((socket) => {
    all.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => all.delete(socket));
    open()
      .then((stream) => joinStreams(socket, stream))
      .catch((error: unknown) => {
        socket.destroy();
        onFailure(error);
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const socket of all) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
