import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lab, SERVERS, whyNot } from './net/lab.ts';
import { everything, only } from './net/lists.ts';
import { until } from './net/until.ts';

const skip = whyNot();
const NAMES = { 'updates.test': SERVERS.intranet, 'other.test': SERVERS.outside };
const LISTS = { restricted: only('updates.test', 'dead.test'), refreshMs: 200 };

interface Named {
  name: string;
  addresses: string[];
  code?: string;
}

async function code(lab: Lab, name: string): Promise<string | undefined> {
  const names: Named[] = await lab.service.call('names', lab.id);
  return names.find((one) => one.name === name)?.code;
}

async function standsFor(lab: Lab, name: string, address: string): Promise<boolean> {
  const names: Named[] = await lab.service.call('names', lab.id);
  return names.some((one) => one.name === name && one.code === undefined && one.addresses.includes(address));
}

test('with DNS gone a name that resolved goes on resolving, also for the next service; no other name does', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  const dns = await lab.serveNames('updates', NAMES);
  await lab.server('intranet').call('listenTcp', 8000);
  const guest = await lab.open(LISTS);
  await lab.service.call('switchTo', lab.id, 'restricted');
  await until(() => standsFor(lab, 'updates.test', SERVERS.intranet));
  await until(async () => (await code(lab, 'dead.test')) !== undefined);
  const held = new Map<string, string[]>(await lab.service.call('namedAddresses', lab.id, 'restricted'));

  dns.kill('SIGKILL');
  await until(async () => (await code(lab, 'updates.test')) === 'no-answer');
  await until(async () => Array.isArray(await guest.call('resolve', 'updates.test', '10.77.0.1', 500)));
  const unlisted = await guest.call('resolve', 'other.test');
  const told = await lab.service.call('told');
  await lab.service.end('SIGKILL');
  await lab.startService().call('adopt', lab.choice(LISTS));
  const after = await guest.call('resolve', 'updates.test', '10.77.0.1', 3000, 3);

  assert.deepEqual(held.get('updates.test'), [SERVERS.intranet]);
  assert.equal(unlisted, 'EREFUSED');
  assert.deepEqual(after, [SERVERS.intranet]);
  assert.equal(await guest.call('connect', SERVERS.intranet, 8000), 'open');
  assert.equal(told.filter(({ name }: Named) => name === 'updates.test').length, 1, 'told once, not at every look-up');
  await lab.serveNames('updates', NAMES);
  await until(() => standsFor(lab, 'updates.test', SERVERS.intranet));
  const again = async () =>
    (await lab.service.call('told')).filter(({ name }: Named) => name === 'updates.test') as object[];
  await until(async () => (await again()).length > 0);
  assert.deepEqual(await again(), [{ name: 'updates.test' }]);
});

test('a machine that starts with DNS gone has the last good answers, and what was closed by name is closed', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  const dns = await lab.serveNames('updates', NAMES);
  for (const name of ['intranet', 'outside'] as const) await lab.server(name).call('listenTcp', 8000);
  const lists = {
    normal: { mode: 'blacklist' as const, entries: ['other.test'] },
    restricted: only('updates.test'),
    refreshMs: 200,
  };
  await lab.service.call('open', lab.choice(lists));
  for (const [name, address] of Object.entries(NAMES)) await until(() => standsFor(lab, name, address));
  await lab.service.call('close', lab.id);
  dns.kill('SIGKILL');

  const guest = await lab.open(lists);
  await lab.service.call('switchTo', lab.id, 'normal');
  const closed = await guest.call('connect', SERVERS.outside, 8000);
  await lab.service.call('switchTo', lab.id, 'restricted');
  await until(async () => Array.isArray(await guest.call('resolve', 'updates.test', '10.77.0.1', 500)));

  assert.equal(closed, 'ECONNREFUSED');
  assert.equal(await guest.call('connect', SERVERS.intranet, 8000), 'open');
});

test('answers that point inside are dropped and close only their own name', { skip }, async (t) => {
  const lab = Lab.start(t);
  const lies = {
    'loop.test': '127.0.0.1',
    'link.test': '169.254.169.254',
    'own.test': '10.77.0.1',
    'uplink.test': '10.213.0.1',
    'cast.test': '224.0.0.1',
  };
  await lab.serveNames('updates', { ...NAMES, ...lies });
  await lab.server('intranet').call('listenTcp', 8000);
  const guest = await lab.open({ restricted: only('updates.test', ...Object.keys(lies)), refreshMs: 200 });
  await lab.service.call('switchTo', lab.id, 'restricted');

  const answers: unknown[] = [];
  for (const name of Object.keys(lies)) answers.push(await guest.call('resolve', name));
  await until(async () => (await code(lab, 'cast.test')) !== undefined);
  const held = new Map<string, string[]>(await lab.service.call('namedAddresses', lab.id, 'restricted'));

  assert.deepEqual([...new Set(answers)], ['ENOTFOUND']);
  assert.deepEqual(await guest.call('resolve', 'updates.test'), [SERVERS.intranet]);
  for (const name of Object.keys(lies)) {
    assert.equal(await code(lab, name), 'points-inside');
    assert.ok(!(held.get(name) ?? []).some((address) => Object.values(lies).includes(address)), name);
  }
  assert.equal(await guest.call('connect', SERVERS.intranet, 8000), 'open');
});

test('a name that is not listed stands for no private address where the exception lets it resolve', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  await lab.serveNames('updates', { ...NAMES, 'public.test': '8.8.8.8' });
  const restricted = { mode: 'whitelist' as const, entries: ['updates.test'], exceptions: ['dns' as const] };
  const guest = await lab.open({ normal: everything, restricted });
  await lab.service.call('switchTo', lab.id, 'restricted');

  assert.equal(await guest.call('resolve', 'other.test'), 'ENODATA');
  assert.deepEqual(await guest.call('resolve', 'public.test'), ['8.8.8.8']);
  assert.deepEqual(await guest.call('resolve', 'updates.test'), [SERVERS.intranet]);
});
