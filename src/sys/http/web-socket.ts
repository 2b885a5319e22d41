import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import { connectUnix } from '../network/sockets.ts';
import type { UpgradeListener, UpgradeRequest } from './http-server.ts';

/** A page sends keys and the pointer: no message of it is long. */
const MAX_MESSAGE_BYTES = 1 << 20;
const WAITING_BYTES = 256 << 10;
/** So much may wait for a page that is fed; what comes meanwhile is for nobody. */
const LATE_BYTES = 64 << 10;
/** Of a page that is fed nothing is expected. */
const MAX_WORD_BYTES = 1 << 10;
/** A fiftieth of a second of speech is a thirtieth of it. */
const MAX_SPOKEN_BYTES = 64 << 10;
const CONNECT_MS = 5000;

/** What a connection asks for, and from where. */
export interface Upgrade {
  path: string;
  host?: string | undefined;
  origin?: string | undefined;
  cookie?: string | undefined;
  socket: UpgradeRequest['socket'];
}

/** What a page is sent, message by message, until it has gone. */
export type Feed = (signal: AbortSignal) => AsyncIterable<Buffer>;

/**
 * Leads web sockets to Unix sockets of their folders’ owners, byte for byte. `pathFor` says which one, or undefined to
 * refuse. Neither side is read faster than the other takes it, so nothing piles up here.
 */
export function bridgeWebSockets(pathFor: (upgrade: Upgrade) => Promise<string | undefined>): UpgradeListener {
  return webSockets(MAX_MESSAGE_BYTES, pathFor, join);
}

/**
 * Feeds pages that take what is new and miss what they were too slow for: it is dropped here, whole messages, so nothing piles up. `feedFor`
 * gives undefined to refuse. What the feed ends with is what it ends for the page, whichever way.
 */
export function feedWebSockets(feedFor: (upgrade: Upgrade) => Promise<Feed | undefined>): UpgradeListener {
  return webSockets(MAX_WORD_BYTES, feedFor, feed);
}

/** Takes what a page sends, a stream of bytes, until it has gone; when this ends, the page is told. */
export type Taker = (bytes: AsyncIterable<Buffer>) => Promise<void>;

/** Leads what pages send to whoever takes it. `takerFor` gives undefined to refuse. A page is not read faster than it is taken. */
export function takeFromWebSockets(takerFor: (upgrade: Upgrade) => Promise<Taker | undefined>): UpgradeListener {
  return webSockets(MAX_SPOKEN_BYTES, takerFor, take);
}

/** Takes over where `wantedBy` gives something, and refuses where it does not. */
function webSockets<Wanted>(
  maxPayload: number,
  wantedBy: (upgrade: Upgrade) => Promise<Wanted | undefined>,
  serve: (page: WebSocket, wanted: Wanted) => Promise<void>,
): UpgradeListener {
  const server = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false });
  return async (request, socket, head) => {
    // Whoever hangs up is no failure of ours.
    socket.on('error', () => socket.destroy());
    const { host, origin, cookie } = request.headers;
    // What keeps it from being told refuses.
    const wanted = await wantedBy({ path: request.url ?? '', host, origin, cookie, socket: request.socket }).catch(
      () => undefined,
    );
    if (socket.destroyed) return;
    if (wanted === undefined) return refuse(socket);
    server.handleUpgrade(request, socket, head, (page) => {
      // Either side may end at any moment; the other is told by the end of its own.
      serve(page, wanted).catch(() => page.terminate());
    });
  };
}

function refuse(socket: Duplex): void {
  socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
}

async function join(page: WebSocket, path: string): Promise<void> {
  const stream = createWebSocketStream(page, { highWaterMark: WAITING_BYTES });
  stream.on('error', () => page.terminate());
  const machine = await connectUnix(path, CONNECT_MS);
  await Promise.all([pipeline(stream, machine), pipeline(machine, stream)]);
}

async function take(page: WebSocket, taker: Taker): Promise<void> {
  const stream = createWebSocketStream(page, { highWaterMark: WAITING_BYTES });
  stream.on('error', () => page.terminate());
  await taker(stream);
  page.close();
}

async function feed(page: WebSocket, from: Feed): Promise<void> {
  const gone = new AbortController();
  page.on('error', () => page.terminate()).once('close', () => gone.abort());
  for await (const message of from(gone.signal)) if (page.bufferedAmount <= LATE_BYTES) page.send(message);
  page.close();
}
