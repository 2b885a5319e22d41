import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Ends, scratch } from './made-project.ts';

const VERSION = 'RFB 003.008\n';
/** 32 bits a pixel, as QEMU says it. */
const PIXELS = Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);

/** A machine’s screen of a size, which never changes (RFC 6143 §7.1 to 7.3); gives its socket, and a way to end it. */
export async function guestScreen(t: Ends, width: number, height: number) {
  const path = join(scratch(t), 'vnc');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    void greet(socket, width, height).catch(() => socket.destroy());
  }).listen(path);
  await once(server, 'listening');
  const end = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  t.after(end);
  return { path, end };
}

async function greet(socket: Socket, width: number, height: number): Promise<void> {
  socket.write(VERSION);
  await once(socket, 'data');
  // One way to log in: none.
  socket.write(Buffer.from([1, 1]));
  await once(socket, 'data');
  socket.write(Buffer.alloc(4));
  await once(socket, 'data');
  const size = Buffer.alloc(4);
  size.writeUInt16BE(width, 0);
  size.writeUInt16BE(height, 2);
  socket.write(Buffer.concat([size, PIXELS, Buffer.from([0, 0, 0, 1]), Buffer.from('g')]));
  socket.resume();
}
