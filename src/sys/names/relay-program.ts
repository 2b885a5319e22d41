// The forwarder of one machine: takes questions for names in the machine’s network namespace and leads them on from the
// computer’s. Its one argument says how. It ends with the namespace, whoever removes that.
import { flushCompileCache } from 'node:module';
import { openSocketsInside } from '../network/sockets-inside.ts';
import type { RelayOrder } from './relay-order.ts';

const LOOK_MS = 5000;

const { enter, namespaceFile, address, port, uid, resolvers }: RelayOrder = JSON.parse(process.argv.at(-1) ?? '');
// A program of its own opens the sockets; what is needed then is loaded meanwhile, and before we may no longer read it.
const [sockets, { isThere }, { relayNames }, { resolversNow }] = await Promise.all([
  openSocketsInside(enter, address, port),
  import('../files/files.ts'),
  import('./name-relay.ts'),
  import('./resolver.ts'),
]);
flushCompileCache();
if (uid !== 0) becomeUser(uid);

// A file that cannot be read names nobody: no name resolves then.
relayNames(sockets, () => resolversNow(resolvers).catch(() => []));
setInterval(async () => {
  if (!(await isThere(namespaceFile))) process.exit();
}, LOOK_MS);
process.stdout.write('ready\n');

/** For good: what it could do as root is gone with it. */
function becomeUser(id: number): void {
  process.setgroups?.([]);
  process.setgid?.(id);
  process.setuid?.(id);
}
