// Serves one folder to one guest, as the user who shares it: what he may not read, nor write, the guest does not either. It is started by
// root where the service is root’s, becomes that user before it opens anything, and ends with whoever started it, or with the port.
import { failureOf } from '../../lib/errors.ts';
import { Beneath } from '../../sys/files/beneath.ts';
import { handedSocket, httpOverStreams } from '../../sys/http/http-over-streams.ts';
import { becomeUser } from '../../sys/programs/become-user.ts';
import { serveClients } from './clients.ts';
import { folderServer } from './folder-server.ts';
import { PORT_FD, ShareOrder } from './order.ts';

const { path, readOnly, user } = ShareOrder.parse(JSON.parse(process.argv[2] ?? 'null'));
process.stdin.on('end', () => process.exit()).resume();
try {
  if (user) becomeUser(user);
  await using folder = await Beneath.open(path);
  const port = handedSocket(PORT_FD).on('error', () => process.exit());
  process.stdout.write('ready\n');
  await serveClients(port, httpOverStreams(folderServer({ folder, readOnly }, () => performance.now())));
  process.exit();
} catch (error) {
  process.stdout.write(`${JSON.stringify(failureOf(error))}\n`, () => process.exit(1));
}
