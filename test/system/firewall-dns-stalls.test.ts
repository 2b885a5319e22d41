import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NameReport } from '../../src/firewall/names/names.ts';
import { Lab, SERVERS, whyNot } from './net/lab.ts';
import { only } from './net/lists.ts';
import { until } from './net/until.ts';

const skip = whyNot();
const OUTSIDE = { addresses: [SERVERS.outside] };
const INTRANET = { addresses: [SERVERS.intranet] };
const STALLING = {
  'never.test': { ...OUTSIDE, stallsMs: -1 },
  'late.test': { ...INTRANET, stallsMs: 10_000 },
  'half.test': { ...OUTSIDE, half: true },
};
const HONEST = { 'updates.test': INTRANET };

async function report(lab: Lab): Promise<Map<string, NameReport>> {
  const names: NameReport[] = await lab.service.call('names', lab.id);
  return new Map(names.map((one) => [one.name, one]));
}

test('a server that stalls, or stops in the middle, harms its own names alone; they are shown, and nothing opens', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  await lab.sayNames('updates', { ...STALLING, ...HONEST });
  for (const name of ['intranet', 'outside'] as const) await lab.server(name).call('listenTcp', 8000);
  const begun = Date.now();
  const guest = await lab.open({ restricted: only(...Object.keys(STALLING), 'updates.test'), refreshMs: 200 });
  await lab.service.call('switchTo', lab.id, 'restricted');

  const stalled = Object.keys(STALLING).map((name) => guest.call('resolve', name, '10.77.0.1', 4000));
  const meanwhile = await guest.call('resolve', 'updates.test', '10.77.0.1', 3000, 3);
  const open = await guest.call('connect', SERVERS.intranet, 8000);
  const names = async () => Object.keys(STALLING).map((name) => report(lab).then((all) => all.get(name)));
  await until(async () => (await Promise.all(await names())).every((one) => one?.code !== undefined));
  const all = await report(lab);
  const closed = await guest.call('connect', SERVERS.outside, 8000);

  assert.deepEqual(meanwhile, [SERVERS.intranet]);
  assert.equal(open, 'open');
  assert.deepEqual(await Promise.all(stalled), Array(3).fill('ETIMEOUT'));
  assert.equal(closed, 'ECONNREFUSED');
  for (const name of Object.keys(STALLING)) {
    const { code, unresolvedSince = '', addresses } = all.get(name) ?? {};
    assert.equal(code, 'no-answer', name);
    assert.ok(Date.parse(unresolvedSince) >= begun && Date.parse(unresolvedSince) <= Date.now(), unresolvedSince);
    assert.deepEqual(addresses, []);
  }
  assert.deepEqual(all.get('updates.test')?.addresses, [SERVERS.intranet]);
  assert.deepEqual([...lab.heldNames().keys()], [SERVERS.intranet]);
});

test('a listed domain whose every name stalls does not pass for resolvers that are away', { skip }, async (t) => {
  const lab = Lab.start(t);
  const dead = Array.from({ length: 160 }, (_, i) => `host${i}.never.test`);
  const stalling = Object.fromEntries(dead.map((name) => [name, { ...OUTSIDE, stallsMs: -1 }]));
  const honest = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`live${i}.test`, INTRANET]));
  await lab.sayNames('updates', { ...stalling, ...honest });
  await lab.open({ restricted: only(...dead, ...Object.keys(honest)), refreshMs: 200 });

  const isKnown = ({ code, addresses }: NameReport) => code !== undefined || addresses.length > 0;
  await until(async () => [...(await report(lab)).values()].every(isKnown), 120_000);

  const all = await report(lab);
  for (const name of Object.keys(honest)) assert.deepEqual(all.get(name)?.addresses, [SERVERS.intranet], name);
});
