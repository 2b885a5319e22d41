// node lab/relay.ts FROM TO: hands connections on, from where it runs. Both are a port of loopback or the path of a Unix
// socket, which leads from one network namespace into another. It ends with the process that started it.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

const [, , from = '', to = ''] = process.argv;
const place = (text: string) => (/^\d+$/.test(text) ? { port: Number(text), host: '127.0.0.1' } : { path: text });
const server = createServer((near) => {
  const far = connect(place(to));
  pipeline(near, far, near, () => undefined);
}).listen(place(from));
process.on('disconnect', () => process.exit());
await once(server, 'listening');
process.send?.('ready');
