import { pipeline } from 'node:stream/promises';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import type { UpgradeListener, UpgradeRequest } from './http-server.ts';
import { connectUnix } from './sockets.ts';

/** A page sends keys and the pointer: no message of it is long. */
const MAX_MESSAGE_BYTES = 1 << 20;
const WAITING_BYTES = 256 << 10;
const CONNECT_MS = 5000;

/** What a connection asks for, and from where. */
export interface Upgrade {
  path: string;
  host?: string | undefined;
  origin?: string | undefined;
  cookie?: string | undefined;
  socket: UpgradeRequest['socket'];
}

/**
 * Leads web sockets to Unix sockets of their folders’ owners, byte for byte. `pathFor` says which one, or undefined to
 * refuse. Neither side is read faster than the other takes it, so nothing piles up here.
 */
export function bridgeWebSockets(pathFor: (upgrade: Upgrade) => Promise<string | undefined>): UpgradeListener {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  return async (request, socket, head) => {
    // Whoever hangs up is no failure of ours.
    socket.on('error', () => socket.destroy());
    const { host, origin, cookie } = request.headers;
    // What keeps it from being told refuses.
    const target = await pathFor({ path: request.url ?? '', host, origin, cookie, socket: request.socket }).catch(
      () => undefined,
    );
    if (socket.destroyed) return;
    if (target === undefined) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    server.handleUpgrade(request, socket, head, (page) => {
      // Either side may end at any moment; the other is told by the end of its own.
      join(page, target).catch(() => page.terminate());
    });
  };
}

async function join(page: WebSocket, path: string): Promise<void> {
  const stream = createWebSocketStream(page, { highWaterMark: WAITING_BYTES });
  stream.on('error', () => page.terminate());
  const machine = await connectUnix(path, CONNECT_MS);
  await Promise.all([pipeline(stream, machine), pipeline(machine, stream)]);
}
