// The printer of one machine: takes what its guest prints in the machine’s network namespace and leads it on to one queue of
// the computer’s. Its one argument says how. It ends with the namespace, whoever removes that.
import { flushCompileCache } from 'node:module';
import { openSocketInside } from '../network/sockets-inside.ts';
import type { PrinterOrder } from './printer-order.ts';

const LOOK_MS = 5000;

const { enter, namespaceFile, address, port, uid, ...place }: PrinterOrder = JSON.parse(process.argv.at(-1) ?? '');
// A program of its own opens the socket; what is needed then is loaded meanwhile, and before we may no longer read it.
const [server, { isThere }, { servePrinter }, { becomeUser }] = await Promise.all([
  openSocketInside(enter, address, port),
  import('../files/files.ts'),
  import('./serve-printer.ts'),
  import('../programs/become-user.ts'),
]);
flushCompileCache();
if (uid !== 0) becomeUser({ uid, groups: [uid] });

servePrinter(server, { ...place, at: `${address}:${port}` });
setInterval(async () => {
  if (!(await isThere(namespaceFile))) process.exit();
}, LOOK_MS);
process.stdout.write('ready\n');
