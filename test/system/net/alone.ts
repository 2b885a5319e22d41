// Opens a machine’s network as a user who is root in a namespace of his own, and says what came of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HostNetwork } from '../../../src/firewall/machine/host/forwarding.ts';
import { MachineNetwork } from '../../../src/firewall/machine/network.ts';
import { silentLog } from '../../../src/sys/log.ts';
import { run } from '../../../src/sys/programs/exec.ts';
import { everything, listsOf, only } from './lists.ts';

const folder = mkdtempSync('/run/lazaret-');
const network = await MachineNetwork.open({
  id: 'alone',
  number: 0,
  mac: '52:54:00:aa:bb:01',
  uid: 0,
  dnsUid: 0,
  resolvers: { addresses: ['10.1.0.2'] },
  lists: listsOf(everything, only('10.1.0.2')),
  runFolder: join(folder, 'alone'),
  host: new HostNetwork(join(folder, 'host.json')),
  log: silentLog,
});
const modes = [network.state().mode];
for (const mode of ['restricted', 'normal'] as const) modes.push((await network.switchTo(mode)).mode);
const { resolves } = network.state();
await network.close();
const left = (await run('nft', ['list', 'ruleset'])).stdout + (await run('ip', ['netns'])).stdout;
rmSync(folder, { recursive: true });
process.stdout.write(JSON.stringify({ modes, resolves, left }));
