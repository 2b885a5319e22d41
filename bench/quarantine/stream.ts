// serve PORT: sends without end to whoever connects; read HOST PORT MS: says how many bytes a second came.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , what, ...args] = process.argv;
const CHUNK = Buffer.alloc(256 << 10);

if (what === 'serve') {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    const send = () => {
      while (!socket.destroyed && socket.write(CHUNK));
    };
    socket.on('drain', send);
    send();
  });
  server.listen(Number(args[0]), '0.0.0.0');
} else {
  const [host = '', port, ms] = args;
  const socket = connect(Number(port), host);
  await once(socket, 'connect');
  let bytes = 0;
  socket.on('data', (data: Buffer) => {
    bytes += data.length;
  });
  const began = performance.now();
  await sleep(Number(ms));
  socket.destroy();
  process.stdout.write(`${(bytes * 1000) / (performance.now() - began)}`);
}
