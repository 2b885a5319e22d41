import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';

const CONNECTIONS = '/proc/self/net/tcp';
/** Of a connection that is being taken down the kernel says no user, which reads as root. */
const ESTABLISHED = '01';
const found = new WeakMap<Socket, Promise<number | undefined>>();

/**
 * The number of the user whose program is at the other end of a connection within this computer, IPv4; undefined where it
 * cannot be told: of one that has hung up, or comes from elsewhere. It is looked up once for each connection.
 */
export function userAtOtherEnd(socket: Socket): Promise<number | undefined> {
  const known = found.get(socket) ?? lookUp(socket);
  found.set(socket, known);
  return known;
}

async function lookUp(socket: Socket): Promise<number | undefined> {
  const ours = place(socket.localAddress, socket.localPort);
  const theirs = place(socket.remoteAddress, socket.remotePort);
  for (const line of (await readFile(CONNECTIONS, 'latin1')).split('\n')) {
    const [, local, remote, state, , , , uid] = line.trim().split(/ +/);
    if (local === theirs && remote === ours && state === ESTABLISHED) return Number(uid);
  }
  return undefined;
}

/** An address and a port as the kernel lists them. */
function place(address = '', port = 0): string {
  const bytes = address.split('.').map(Number);
  const inOrder = endianness() === 'LE' ? bytes.reverse() : bytes;
  return `${Buffer.from(inOrder).toString('hex')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}
