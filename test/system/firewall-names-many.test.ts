import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NameReport } from '../../src/firewall/names/names.ts';
import { Lab, SERVERS, whyNot } from './net/lab.ts';
import { only } from './net/lists.ts';
import { until } from './net/until.ts';

const skip = whyNot();
const SET_SIZE = 65_535;
const TTLS = [0, 1, 30, 59, 60, 61, 3600, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const OWN = { 'updates.test': { addresses: [SERVERS.intranet] } };

/** Addresses that lead nowhere here. */
function many(count: number, first: number): string[] {
  return Array.from({ length: count }, (_, i) => `${first}.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
}

test('a name with thousands of addresses has them all, at a time or one after the other; other names are as ever', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  const sayings = {
    'few.test': { addresses: many(40, 20) },
    'many.test': { addresses: many(1000, 21) },
    'turning.test': { addresses: many(5000, 22), atATime: 1000, ttl: 0 },
  };
  await lab.sayNames('updates', { ...OWN, ...sayings });
  await lab.server('intranet').call('listenTcp', 8000);
  const guest = await lab.open({ restricted: only('updates.test', ...Object.keys(sayings)) });
  await lab.service.call('switchTo', lab.id, 'restricted');
  const resolved = async (name: string): Promise<string[]> => guest.call('resolve', name, '10.77.0.1', 20_000);
  const holds = (addresses: readonly string[]) => {
    const held = lab.heldNames();
    return addresses.every((address) => held.has(address));
  };

  for (const name of ['few.test', 'many.test'] as const) {
    assert.deepEqual((await resolved(name)).sort(), [...sayings[name].addresses].sort());
    assert.ok(holds(sayings[name].addresses), 'all are open before the answer is there');
  }
  await until(async () => (await resolved('turning.test')).length === 1000 && holds(sayings['turning.test'].addresses));
  const asked: string[] = await lab.server('updates').call('asked');
  const reports: NameReport[] = await lab.service.call('names', lab.id);

  assert.ok(
    Object.keys(sayings).every((name) => asked.includes(`${name} tcp`)),
    'long answers come over TCP',
  );
  for (const { name, addresses } of reports) assert.ok(addresses.length > 0 && addresses.length <= 100, name);
  assert.deepEqual(await resolved('updates.test'), [SERVERS.intranet]);
  assert.equal(await guest.call('connect', SERVERS.intranet, 8000), 'open');
});

test('when answers without end have filled a set, the names that share it keep and get their addresses', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  await lab.sayNames('updates', { ...OWN, 'endless.test': { addresses: many(90, 23) } });
  for (const name of ['intranet', 'outside'] as const) await lab.server(name).call('listenTcp', 8000);
  const guest = await lab.open({ restricted: only('updates.test', 'endless.test', 'new.test'), refreshMs: 500 });
  await lab.service.call('switchTo', lab.id, 'restricted');
  await until(() => lab.heldNames().size === 91);
  const set = /set (restricted_\w+_n0_4)/.exec(lab.inMachine('nft', 'list', 'sets', 'inet'))?.[1] ?? '';
  const rest = many(SET_SIZE - 91, 24).join(', ');

  lab.nft(`add element inet lazaret ${set} { ${rest} }\n`);
  assert.throws(() => lab.nft(`add element inet lazaret ${set} { 25.0.0.1 }\n`), 'the set is full');
  await lab.server('updates').call('say', { 'new.test': { addresses: [SERVERS.outside] } });
  const kept: string[] = [];
  await until(async () => {
    kept.push(await guest.call('connect', SERVERS.intranet, 8000));
    return (await guest.call('connect', SERVERS.outside, 8000)) === 'open';
  });

  assert.deepEqual([...new Set(kept)], ['open']);
  assert.equal(lab.heldNames().size, 92);
});

// Of addresses that the service is told too: those the guest alone was told are not counted anew when it asks again.
test('no answer tells the guest to keep an address for longer than it stays open; what nobody refreshes is closed', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  const names = TTLS.map((ttl, i) => [`ttl${ttl}.test`, { addresses: [`26.0.0.${i + 1}`], ttl }] as const);
  await lab.sayNames('updates', { ...OWN, ...Object.fromEntries(names) });
  await lab.server('intranet').call('listenTcp', 8000);
  const lists = { restricted: only('updates.test', ...names.map(([name]) => name)), refreshMs: 200 };
  const guest = await lab.open(lists);
  await lab.service.call('switchTo', lab.id, 'restricted');
  const told = async () => {
    for (const [name, { addresses, ttl }] of names) {
      const [toldTtl = Number.NaN] = await guest.call('ttls', name);
      const [address = ''] = addresses;
      const stays = lab.heldNames().get(address) ?? 0;
      assert.ok(toldTtl <= stays, `${name}: to be kept for ${toldTtl} s, open for ${stays} s`);
      assert.ok(toldTtl <= ttl || toldTtl <= 60, `${name}: ${toldTtl} s`);
    }
  };

  await told();
  await told();
  await lab.server('updates').call('say', Object.fromEntries(names.map(([name]) => [name, { stallsMs: -1 }])));
  const reports = async (): Promise<NameReport[]> => lab.service.call('names', lab.id);
  await until(async () => (await reports()).filter(({ code }) => code === 'no-answer').length === TTLS.length);
  await told();

  await lab.service.end('SIGKILL');
  const set = /set (restricted_\w+_n0_4)/.exec(lab.inMachine('nft', 'list', 'sets', 'inet'))?.[1] ?? '';
  const element = (how: string, of = set) => `element inet lazaret ${of} { ${SERVERS.intranet}${how} }\n`;
  const beside = element('', set.replace('_n0_', '_n0a_'));
  assert.equal(await guest.call('connect', SERVERS.intranet, 8000), 'open');
  // The last second of its time, as nobody can wait for the whole of it.
  lab.nft(`add ${beside}delete ${beside}delete ${element('')}add ${element(' timeout 900s expires 1s')}`);
  await until(async () => (await guest.call('connect', SERVERS.intranet, 8000)) === 'ECONNREFUSED');
});
