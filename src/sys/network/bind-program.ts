// Opens the sockets of a relay where it runs, which is another network namespace than whoever started it is in; hands
// them over, and is ended when they have come. It ends with who waits for them.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { createServer } from 'node:net';

const [, , address, port, ...kinds] = process.argv;
process.on('disconnect', () => process.exit());
if (kinds.includes('udp')) {
  const udp = createSocket('udp4').bind(Number(port), address);
  await once(udp, 'listening');
  process.send?.('udp', udp);
}
if (kinds.includes('tcp')) {
  const tcp = createServer().listen(Number(port), address);
  await once(tcp, 'listening');
  process.send?.('tcp', tcp);
}
flushCompileCache();
