// node lab/tls-front.ts ADDRESS FOLDER: speaks TLS on port 443 for the server on port 80, with key.pem and cert.pem of a folder.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createServer } from 'node:tls';

const [, , address = '', folder = ''] = process.argv;
const read = (name: string) => readFileSync(join(folder, name));
const front = createServer({ key: read('key.pem'), cert: read('cert.pem') }, (client) => {
  const server = connect(80, address);
  // Either side may go first.
  const done = () => undefined;
  pipeline(client, server, done);
  pipeline(server, client, done);
}).listen(443, address);
process.on('disconnect', () => process.exit());
await once(front, 'listening');
process.send?.('ready');
