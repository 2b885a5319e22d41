import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A Unix socket that takes one connection, as QEMU’s end of a channel; resolves to the other end’s socket when it is there. */
export async function lineServer(t: TestContext, folder: string): Promise<{ path: string; peer: Promise<Socket> }> {
  const path = join(folder, 's');
  const server = createServer();
  t.after(() => server.close());
  const peer = once(server, 'connection').then(([socket]) => {
    const connected = socket as Socket;
    t.after(() => connected.destroy());
    return connected.setEncoding('utf8');
  });
  server.listen(path);
  await once(server, 'listening');
  return { path, peer };
}
