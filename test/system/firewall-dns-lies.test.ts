import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NameReport } from '../../src/firewall/names/names.ts';
import { Lab, SERVERS, whyNot } from './net/lab.ts';
import { everything, only } from './net/lists.ts';
import { until } from './net/until.ts';

const skip = whyNot();
const { intranet, outside } = SERVERS;
const HONEST = { 'updates.test': { addresses: [intranet] }, 'unlisted.test': { addresses: [outside] } };

async function labThatSays(t: Parameters<typeof Lab.start>[0], sayings: Parameters<Lab['sayNames']>[1]): Promise<Lab> {
  const lab = Lab.start(t);
  await lab.sayNames('updates', { ...HONEST, ...sayings });
  for (const port of [8000, 8001])
    for (const name of ['intranet', 'outside'] as const) await lab.server(name).call('listenTcp', port);
  return lab;
}

test('what an answer tells of other names opens nothing to them, and their own answers are not replaced', {
  skip,
}, async (t) => {
  const beside = [
    ['updates.test', outside],
    ['unlisted.test', outside],
  ] as const;
  const lying = {
    'more.test': { addresses: [intranet], additional: beside },
    'swapped.test': { addresses: [outside], question: 'updates.test' },
  };
  const strange = { 'strange.test': { addresses: [intranet], answers: beside.slice(0, 1) } };
  const lab = await labThatSays(t, { ...lying, ...strange });
  const entries = Object.keys(lying).map((name) => `${name} tcp 8001`);
  const guest = await lab.open({ restricted: only('updates.test', ...entries, 'strange.test udp 9'), refreshMs: 200 });
  await lab.service.call('switchTo', lab.id, 'restricted');

  const answers: unknown[] = [];
  for (const name of [...Object.keys(lying), 'strange.test'])
    answers.push(await guest.call('resolve', name, '10.77.0.1', 5000));
  await until(async () => {
    const names: NameReport[] = await lab.service.call('names', lab.id);
    return names.every(({ addresses, code }) => addresses.length > 0 || code !== undefined);
  });

  // Whoever answers for a name may tell any address of it, but for the traffic that is listed with that name alone.
  assert.deepEqual(answers, [[intranet], 'ETIMEOUT', [outside, intranet]]);
  assert.deepEqual(await guest.call('resolve', 'updates.test'), [intranet]);
  assert.equal(await guest.call('resolve', 'unlisted.test'), 'EREFUSED');
  for (const port of [8000, 8001]) assert.equal(await guest.call('connect', outside, port), 'ECONNREFUSED', `${port}`);
  assert.equal(await guest.call('connect', intranet, 8000), 'open');
});

test('a listed name that leads to another opens for its own traffic alone, whatever is asked afterwards', {
  skip,
}, async (t) => {
  const chain = [
    ['chain.test', 'unlisted.test'],
    ['unlisted.test', outside],
  ] as const;
  const lab = await labThatSays(t, { 'chain.test': { answers: chain } });
  const guest = await lab.open({ restricted: only('updates.test', 'chain.test tcp 8001') });
  await lab.service.call('switchTo', lab.id, 'restricted');

  assert.deepEqual(await guest.call('resolve', 'chain.test'), [outside]);
  assert.equal(await guest.call('connect', outside, 8001), 'open');
  // The helper remembers the whole chain. What it tells of it was told already.
  assert.deepEqual(await guest.call('resolve', 'unlisted.test'), [outside]);
  assert.equal(await guest.call('connect', outside, 8000), 'ECONNREFUSED');
});

test('a name that is not listed brings no address of its choice into the set of a listed one it leads to', {
  skip,
}, async (t) => {
  const chain = [
    ['evil.test', 'updates.test'],
    ['updates.test', outside],
  ] as const;
  const lab = await labThatSays(t, { 'evil.test': { answers: chain } });
  const restricted = { ...only('updates.test', '10.99.0.0/16'), exceptions: ['dns' as const] };
  const guest = await lab.open({ normal: everything, restricted });

  for (const mode of ['normal', 'restricted'] as const) {
    await lab.service.call('switchTo', lab.id, mode);
    assert.deepEqual(await guest.call('resolve', 'evil.test'), [outside]);
    await guest.call('resolve', 'updates.test');
  }

  assert.equal(await guest.call('connect', outside, 8000), 'ECONNREFUSED');
  assert.ok(!lab.heldNames().has(outside));
});

test('forged answers that come before the true one, with another id or from another port, are not believed', {
  skip,
}, async (t) => {
  const lab = await labThatSays(t, { 'forged.test': { addresses: [intranet], forged: outside } });
  const guest = await lab.open({ restricted: only('forged.test'), refreshMs: 50 });
  await lab.service.call('switchTo', lab.id, 'restricted');

  for (let round = 0; round < 20; round += 1) assert.deepEqual(await guest.call('resolve', 'forged.test'), [intranet]);

  assert.equal(await guest.call('connect', intranet, 8000), 'open');
  assert.equal(await guest.call('connect', outside, 8000), 'ECONNREFUSED');
  assert.deepEqual([...lab.heldNames().keys()], [intranet]);
  assert.ok((await lab.server('updates').call('asked')).length >= 4);
});
