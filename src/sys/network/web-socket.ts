import { connect } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { UpgradeListener } from './http-server.ts';

/** A page sends keys and the pointer: no message of it is long. */
const MAX_MESSAGE_BYTES = 1 << 20;
const WAITING_BYTES = 256 << 10;

/** What a connection asks for, and from where. */
export interface Upgrade {
  path: string;
  host?: string | undefined;
  origin?: string | undefined;
  cookie?: string | undefined;
}

/**
 * Leads web sockets to Unix sockets, byte for byte. `pathFor` says which one, or undefined to refuse. Neither side is read
 * faster than the other takes it, so nothing piles up here.
 */
export function bridgeWebSockets(pathFor: (upgrade: Upgrade) => string | undefined): UpgradeListener {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  return (request, socket, head) => {
    const { host, origin, cookie } = request.headers;
    const target = pathFor({ path: request.url ?? '', host, origin, cookie });
    if (target === undefined) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    server.handleUpgrade(request, socket, head, (page) => {
      const highWaterMark = WAITING_BYTES;
      const stream = createWebSocketStream(page, { highWaterMark });
      const machine = connect(target);
      // Either side may end at any moment; the other is told by the end of its own.
      Promise.all([pipeline(stream, machine), pipeline(machine, stream)]).catch(() => page.terminate());
    });
  };
}
