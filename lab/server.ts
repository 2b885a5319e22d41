// node lab/server.ts NAME ADDRESS: a server that answers its name over HTTP, and notes the lines of datagrams that arrive.
// It ends with the process that started it; a message asks for the lines noted since the last one.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';

const [, , name = '', address = ''] = process.argv;
let lines: string[] = [];

const http = createServer((_request, response) => response.end(`${name}\n`)).listen(80, address);
const sink = createSocket('udp4').bind(9000, address);
sink.on('message', (datagram) => lines.push(...datagram.toString('latin1').trimEnd().split('\n')));
process.on('message', () => {
  process.send?.(lines);
  lines = [];
});
process.on('disconnect', () => process.exit());
await Promise.all([once(http, 'listening'), once(sink, 'listening')]);
process.send?.('ready');
