import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { EventLog, type Happening } from './events.ts';

const event = (text: string): Happening => ({ vm: 'office', kind: 'access', text });

test('events come back oldest first, also after a restart and behind a line that a crash cut', async (t) => {
  const path = join(scratch(t), 'events.jsonl');
  const log = new EventLog(path);
  await Promise.all([log.add(event('one')), log.add(event('two'))]);
  appendFileSync(path, '{"at":"2026-01');
  await new EventLog(path).add(event('glued to the cut'));
  await log.add(event('three'));

  const last = await new EventLog(path).last(10);

  assert.deepEqual(
    last.map(({ text }) => text),
    ['one', 'two', 'three'],
  );
  assert.deepEqual(
    (await log.last(1)).map(({ text }) => text),
    ['three'],
  );
});

test('none or fewer than none are none', async (t) => {
  const log = new EventLog(join(scratch(t), 'events.jsonl'));
  for (const text of ['one', 'two', 'three']) await log.add(event(text));

  assert.deepEqual([await log.last(0), await log.last(-2)], [[], []]);
});

test('a follower has what happens from its call on', async (t) => {
  const log = new EventLog(join(scratch(t), 'events.jsonl'));
  await log.add(event('before'));
  const stop = new AbortController();
  const following = log.follow(stop.signal);

  await log.add(event('after'));
  const { value } = await following.next();
  stop.abort();

  assert.equal(value?.text, 'after');
  assert.equal((await following.next()).done, true);
});

test('the log keeps within its bounds, however much happens', async (t) => {
  const path = join(scratch(t), 'events.jsonl');
  const log = new EventLog(path);
  const line = JSON.stringify({ at: '2026-01-10T00:00:00.000Z', kind: 'policy', text: 'x'.repeat(1 << 20) });
  writeFileSync(path, `${line}\n`.repeat(4));
  for (let count = 0; count < 10; count += 1) await log.add({ kind: 'policy', text: 'x'.repeat(1 << 20) });

  assert.ok(statSync(path).size <= 1 << 20);
  assert.ok(statSync(`${path}.1`).size <= 5 << 20);
  assert.equal((await log.last(100)).length, 14);
});

test('what cannot be written fails nobody: it is counted, and the count is written once it can be', async (t) => {
  const folder = join(scratch(t), 'away');
  const log = new EventLog(join(folder, 'events.jsonl'));

  await Promise.all([log.add(event('one')), log.add(event('two'))]);
  await log.add(event('three'));
  mkdirSync(folder);
  await log.add(event('four'));

  assert.deepEqual(
    (await log.last(10)).map(({ text }) => text),
    ['3 events could not be written', 'four'],
  );
});

test('a clock that cannot be read does not keep an event from being told', async (t) => {
  const now = () => Promise.reject(new Error('the trusted time is damaged'));
  const log = new EventLog(join(scratch(t), 'events.jsonl'), { now });

  await log.add({ kind: 'policy', text: 'one' });

  assert.equal((await log.last(1))[0]?.text, 'one');
});

test('a follower who does not read keeps a bounded number of events, and hears how many came too fast', async (t) => {
  const log = new EventLog(join(scratch(t), 'events.jsonl'));
  const stop = new AbortController();
  const following = log.follow(stop.signal);
  for (let count = 0; count < 1500; count += 1) await log.add({ kind: 'policy', text: `${count}` });

  const heard: string[] = [];
  for await (const { text } of following) {
    heard.push(text);
    if (heard.length === 1001) stop.abort();
  }

  assert.equal(heard[999], '999');
  assert.match(heard[1000] ?? '', /^500 events came faster/);
});

test('one machine’s events, however many, leave those of the others in the log', async (t) => {
  const log = new EventLog(join(scratch(t), 'events.jsonl'));
  await log.add({ vm: 'quiet', kind: 'access', text: 'restricted → normal' });
  for (let count = 0; count < 2000; count += 1) await log.add({ vm: 'loud', kind: 'nq-set', text: `nq-set ${count}` });
  await log.add({ vm: 'loud', kind: 'policy', text: 'policy 2 in force' });

  const told = Map.groupBy(await log.last(10_000), ({ vm, kind }) => `${vm} ${kind}`);

  assert.equal(told.get('quiet access')?.length, 1);
  assert.equal(told.get('loud nq-set')?.length, 100);
  assert.equal(told.get('loud policy')?.length, 1, 'what the guest cannot cause is told all the same');
});

test('an event of a machine is told its owner; one whose owner cannot be told, root; each follows his own', async (t) => {
  const ownerOf = async (vm: string) => {
    if (vm === 'lost') throw new Error('the disk is away');
    return { hers: 1001, his: 1002 }[vm];
  };
  const log = new EventLog(join(scratch(t), 'events.jsonl'), { ownerOf });
  const isHers = ({ owner }: { owner?: number }) => owner === undefined || owner === 1001;
  const following = log.follow(new AbortController().signal, isHers);
  for (const vm of ['lost', 'his', 'hers', 'shared']) await log.add({ vm, kind: 'started', text: vm });
  await log.add({ vm: 'hers', owner: 1002, kind: 'uninstalled', text: 'who tells it knows better' });
  await log.add({ kind: 'network', text: 'for all' });

  const owners = (await log.last(10)).map(({ vm, owner }) => [vm, owner]);
  const expected = [
    ['lost', 0],
    ['his', 1002],
    ['hers', 1001],
    ['shared', undefined],
    ['hers', 1002],
    [undefined, undefined],
  ];
  assert.deepEqual(owners, expected);
  assert.deepEqual(
    (await log.last(2, isHers)).map(({ text }) => text),
    ['shared', 'for all'],
    'so many of those that are his',
  );
  const heard = [];
  for (let at = 0; at < 3; at += 1) heard.push((await following.next()).value?.text);
  assert.deepEqual(heard, ['hers', 'shared', 'for all']);
});
