// node lab/relay.ts SOCKET PORT: hands connections to a Unix socket on to a TCP port of this network namespace’s loopback.
// It ends with the process that started it.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

const [, , path = '', port = ''] = process.argv;
const server = createServer((near) => {
  const far = connect(Number(port), '127.0.0.1');
  pipeline(near, far, near, () => undefined);
}).listen(path);
process.on('disconnect', () => process.exit());
await once(server, 'listening');
process.send?.('ready');
