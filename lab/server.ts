// node lab/server.ts NAME ADDRESS: a server that answers its name over HTTP, and notes the datagrams that arrive.
// It ends with the process that started it; `count` asks for the datagrams noted since the last time.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';

const [, , name = '', address = ''] = process.argv;
let arrivals: number[] = [];

const http = createServer((_request, response) => response.end(`${name}\n`)).listen(80, address);
const sink = createSocket('udp4').bind(9000, address);
sink.on('message', () => arrivals.push(Number(process.hrtime.bigint()) / 1e6));
process.on('message', () => {
  process.send?.(arrivals);
  arrivals = [];
});
process.on('disconnect', () => process.exit());
await Promise.all([once(http, 'listening'), once(sink, 'listening')]);
process.send?.('ready');
