import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lab, SERVERS, SERVERS6, whyNot } from './net/lab.ts';
import { everything, only } from './net/lists.ts';
import { until } from './net/until.ts';

const skip = whyNot();
/** Two names at one computer, as a content network’s thousand customers share its addresses. */
const NAMES = { 'pinned.test': SERVERS.intranet, 'neighbour.test': SERVERS.intranet, 'ports.test': SERVERS.intranet };
const LISTS = { restricted: only('pinned.test tcp 8000 pinned', 'ports.test tcp 8001 pinned'), refreshMs: 200 };

async function pinnedLab(t: Parameters<typeof Lab.start>[0], more: Parameters<Lab['open']>[0] = {}): Promise<Lab> {
  const lab = Lab.start(t);
  await lab.serveNames('updates', NAMES);
  for (const port of [8000, 8001, 53]) await lab.server('intranet').call('listenTcp', port);
  await lab.open({ ...LISTS, ...more });
  await lab.service.call('switchTo', lab.id, 'restricted');
  await until(() => isMapped(lab, 'pinned.test'));
  return lab;
}

async function isMapped(lab: Lab, name: string): Promise<boolean> {
  const held = new Map<string, string[]>(await lab.service.call('namedAddresses', lab.id, 'restricted'));
  return (held.get(name) ?? []).length > 0;
}

/** The first address that the guest is told of a name. */
async function told(lab: Lab, name: string, family: 4 | 6 = 4): Promise<string> {
  const answer: string[] = await lab.guest.call('resolve', name, '10.77.0.1', 1000, 5, family);
  assert.ok(Array.isArray(answer), `${name}: ${answer}`);
  return answer[0] ?? '';
}

test('a pinned name is reached for what is listed of it; its real address, and other names there, are not', {
  skip,
}, async (t) => {
  const lab = await pinnedLab(t);
  const { guest } = lab;

  const pinned = await told(lab, 'pinned.test');
  const ports = await told(lab, 'ports.test');
  const reached = {
    'its name': await guest.call('connect', pinned, 8000),
    'its name, another port': await guest.call('connect', pinned, 8001),
    'its name, the port of questions for names': await guest.call('connect', pinned, 53),
    'the other name': await guest.call('connect', ports, 8001),
    'the other name, the first one’s port': await guest.call('connect', ports, 8000),
    'the real address': await guest.call('connect', SERVERS.intranet, 8000),
    'the real address, the other port': await guest.call('connect', SERVERS.intranet, 8001),
  };

  assert.match(pinned, /^198\.1[89]\./);
  assert.notEqual(pinned, ports);
  assert.deepEqual(reached, {
    'its name': 'open',
    'its name, another port': 'ECONNREFUSED',
    'its name, the port of questions for names': 'open', // at the helper, as every address’s port 53
    'the other name': 'open',
    'the other name, the first one’s port': 'ECONNREFUSED',
    'the real address': 'ECONNREFUSED',
    'the real address, the other port': 'ECONNREFUSED',
  });
  assert.equal(await guest.call('resolve', 'neighbour.test'), 'EREFUSED');
  assert.equal(await guest.call('resolve', 'below.pinned.test'), 'ENOTFOUND');
  assert.deepEqual((await lab.service.call('names', lab.id))[0], {
    ...(await lab.service.call('names', lab.id))[0],
    name: 'pinned.test',
    pinned: true,
    addresses: [SERVERS.intranet],
  });
});

test('a flow to a pinned name lives on over switches and changes that allow it, and is cut by one that does not', {
  skip,
}, async (t) => {
  const lab = await pinnedLab(t);
  const { guest } = lab;
  const asked = await guest.call('openFlow', await told(lab, 'pinned.test'), 8000);
  const lost = await guest.call('openFlow', await told(lab, 'ports.test'), 8001);

  await lab.service.call('switchTo', lab.id, 'restricted');
  const afterSwitch = await guest.call('useFlow', asked, true);
  await lab.service.call('changeLists', lab.id, everything, only('pinned.test tcp 8000 pinned'));
  const afterChange = [await guest.call('useFlow', asked, true), await guest.call('useFlow', lost, true)];
  const stays = await guest.call('connect', await told(lab, 'pinned.test'), 8000);
  await lab.service.call('changeLists', lab.id, everything, only(SERVERS.outside));

  assert.equal(afterSwitch, 'alive');
  assert.deepEqual(afterChange, ['alive', 'ECONNRESET']);
  assert.equal(stays, 'open');
  assert.equal(await guest.call('useFlow', asked, true), 'ECONNRESET');
  assert.equal(lab.inMachine('nft', 'list', 'maps').match(/map /g)?.length, 2, 'the maps of former lists are gone');
});

test('a synthetic address that stands for no name is refused, and no packet to one leaves the machine', {
  skip,
}, async (t) => {
  const lab = await pinnedLab(t, {
    restricted: only('pinned.test tcp 8000 pinned', 'dead.test pinned', '198.18.0.0/15'),
  });
  const { guest } = lab;
  await until(async () => (await guest.call('resolve', 'dead.test', '10.77.0.1', 500)) === 'ENOTFOUND');
  const pinned = await told(lab, 'pinned.test');
  const [first, second, third, last] = pinned.split('.').map(Number);
  const neighbour = [first, second, third, (last ?? 0) ^ 128].join('.');
  lab.inHost('nft', 'add table inet probe; add chain inet probe f { type filter hook forward priority -400; }');
  lab.inHost('nft', 'add rule inet probe f ip daddr 198.18.0.0/15 counter');

  const seen = [await guest.call('connect', neighbour, 8000), await guest.call('connect', pinned, 8000)];
  for (let port = 1000; port < 1010; port += 1) await guest.call('sendUdp', neighbour, port);

  assert.deepEqual(seen, ['ECONNREFUSED', 'open']);
  assert.match(lab.inHost('nft', 'list', 'table', 'inet', 'probe'), /counter packets 0 /);
});

test('where a pinned name leads follows its answers, its flows stay where they are, and without a service it closes by itself', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  const dns = await lab.serveNames('updates', NAMES);
  for (const name of ['intranet', 'outside'] as const) await lab.server(name).call('listenTcp', 8000);
  const guest = await lab.open(LISTS);
  await lab.service.call('switchTo', lab.id, 'restricted');
  await until(() => isMapped(lab, 'pinned.test'));
  const pinned = await told(lab, 'pinned.test');
  const flow = await guest.call('openFlow', pinned, 8000);

  dns.kill('SIGKILL');
  await lab.serveNames('updates', { ...NAMES, 'pinned.test': SERVERS.outside });
  await until(() => lab.inMachine('nft', 'list', 'maps').includes(`: ${SERVERS.outside}`));
  const moved = lab.inMachine('nft', 'list', 'maps');
  const stays = await guest.call('useFlow', flow, true);
  const again = await guest.call('connect', pinned, 8000);
  await lab.service.end('SIGKILL');

  assert.match(moved, new RegExp(`${pinned.replaceAll('.', '\\.')} expires \\S+ : ${SERVERS.outside}`));
  assert.equal(stays, 'alive');
  assert.equal(again, 'open');
  assert.match(lab.inMachine('nft', 'list', 'maps'), /timeout 15m\n(.*\n)*.*expires 14m/);
  await lab.startService().call('adopt', lab.choice(LISTS));
  assert.equal(await guest.call('connect', pinned, 8000), 'open');
  const after: string[] = await guest.call('resolve', 'pinned.test', '10.77.0.1', 1000, 5);
  assert.ok(after.includes(pinned), `${pinned} in ${after}`);
});

test('over IPv6 too a pinned name is reached, and neither its address nor its neighbour', { skip }, async (t) => {
  const lab = Lab.start(t);
  lab.addIpv6();
  await lab.serveNames('updates', {
    'four.test': SERVERS.updates,
    'pinned.test': SERVERS6.intranet,
    'neighbour.test': SERVERS6.intranet,
  });
  await lab.server('intranet').call('listenTcp', 8000);
  const guest = await lab.open({ ...LISTS, restricted: only('pinned.test tcp 8000 pinned'), ipv6: true });
  lab.configureIpv6();
  await lab.service.call('switchTo', lab.id, 'restricted');
  await until(() => isMapped(lab, 'pinned.test'));

  const pinned = await told(lab, 'pinned.test', 6);

  assert.match(pinned, /^fd77:1::/);
  assert.equal(await guest.call('connect', pinned, 8000), 'open');
  assert.equal(await guest.call('connect', pinned, 8001), 'ECONNREFUSED');
  assert.notEqual(await guest.call('connect', SERVERS6.intranet, 8000), 'open');
  assert.equal(await guest.call('resolve', 'pinned.test', '10.77.0.1', 1000, 3, 4), 'ENODATA');
});
