import { once } from 'node:events';
import { chmod, chown, rm } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError, systemCode } from '../../lib/errors.ts';
import { hasListener } from '../network/sockets.ts';
import { byTurns } from './by-turns.ts';
import { fewAtOnce } from './few-at-once.ts';
import { createServer } from './http.ts';

/** A server that listens; disposing of it ends every connection. */
export interface Listening extends AsyncDisposable {
  /** The port it got, where it has one. */
  port: number;
}

export type UpgradeRequest = IncomingMessage;
/** Takes over a connection on which another protocol was asked for, with what came behind the request. */
export type UpgradeListener = (request: UpgradeRequest, socket: Duplex, head: Buffer) => void;

/**
 * So many connections a listener for this computer alone has at a time; further ones are closed at once. Each costs this process memory and
 * a descriptor, which its other listeners, and machines, need too. A page has some ten, a machine that is watched three.
 */
export const MOST_CONNECTIONS = 256;

/** Who may use a Unix socket besides root: a user or a group, by number, or nobody. */
export interface SocketAccess {
  user?: number;
  group?: number;
  onUpgrade?: UpgradeListener;
}

/**
 * Listens on a Unix socket that only root, and a user or a group, may use. Its folder must be root’s. Whoever sends a body may take as
 * long as he needs. A socket that nobody listens on any more is replaced.
 * @throws PORT_IN_USE, FILE_DENIED
 */
export async function listenUnix(path: string, listener: RequestListener, access: SocketAccess): Promise<Listening> {
  if (await hasListener(path)) throw new AppError('PORT_IN_USE', `another program listens on ${path}`);
  await rm(path, { force: true });
  const { user = 0, group, onUpgrade } = access;
  const made = localServer(listener);
  if (onUpgrade) made.on('upgrade', onUpgrade);
  const server = await withoutOthers(() => listening(made, { path }));
  if (group !== undefined || user !== 0) await chown(path, user, group ?? 0);
  await chmod(path, group === undefined ? 0o600 : 0o660);
  return closing(server, () => rm(path, { force: true }));
}

/** What `make` makes before it first waits is its owner’s alone from the beginning. */
function withoutOthers<T>(make: () => T): T {
  const before = process.umask(0o177);
  try {
    return make();
  } finally {
    process.umask(before);
  }
}

export interface TcpOptions {
  /** Without it connections stay HTTP. */
  onUpgrade?: UpgradeListener;
  /** Nobody but this computer reaches it: whoever sends a body may take as long as he needs, and there are `MOST_CONNECTIONS`. */
  isLocal?: boolean;
}

/** Listens on a TCP port, 0 for any that is free. @throws PORT_IN_USE, ROOT_NEEDED (a port of root’s), USAGE (another computer’s address) */
export async function listenTcp(
  host: string,
  port: number,
  listener: RequestListener,
  { onUpgrade, isLocal = false }: TcpOptions = {},
): Promise<Listening> {
  const server = isLocal ? localServer(listener) : createServer(fewAtOnce(listener));
  if (onUpgrade) server.on('upgrade', onUpgrade);
  return closing(await listening(server, { host, port }), async () => undefined);
}

function localServer(listener: RequestListener): Server {
  const server = createServer({ requestTimeout: 0 }, fewAtOnce(byTurns(listener)));
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

/** A server with its connections: Node forgets those that became another protocol’s, and waits for them all the same. */
interface Listener {
  server: Server;
  sockets: Set<Socket>;
}

async function listening(server: Server, where: { path: string } | { host: string; port: number }): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(where);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw notListening(cause, where);
  }
  return { server, sockets };
}

function notListening(cause: unknown, where: { path: string } | { host: string; port: number }): unknown {
  const name = 'path' in where ? where.path : `${where.host}:${where.port}`;
  const code = systemCode(cause) ?? '';
  if (code === 'EADDRINUSE') return new AppError('PORT_IN_USE', `another program listens on ${name}`, { cause });
  if ('path' in where)
    return code === 'EACCES' ? new AppError('FILE_DENIED', `may not listen on ${name}`, { cause }) : cause;
  if (code === 'EACCES')
    return new AppError('ROOT_NEEDED', `may not listen on ${name}: ports below 1024 are root’s`, { cause });
  // ENOTFOUND and EAI_AGAIN: a name that nobody knows.
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'].includes(code))
    return new AppError('USAGE', `${where.host} is no address of this computer`, { cause });
  return cause;
}

function closing({ server, sockets }: Listener, after: () => Promise<void>): Listening {
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      await after();
    },
  };
}
