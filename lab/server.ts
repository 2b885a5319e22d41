// node lab/server.ts NAME ADDRESS: a server that answers its name over HTTP. It ends with the process that started it.
import { once } from 'node:events';
import { createServer } from 'node:http';

const [, , name = '', address = ''] = process.argv;
const http = createServer((_request, response) => response.end(`${name}\n`)).listen(80, address);
process.on('disconnect', () => process.exit());
await once(http, 'listening');
process.send?.('ready');
