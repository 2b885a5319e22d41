import assert from 'node:assert/strict';
import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { EventLog, type LoggedEvent } from './events.ts';

const event = (text: string): LoggedEvent => ({ at: '2026-01-10T00:00:00.000Z', vm: 'office', kind: 'access', text });

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
  for (let count = 0; count < 12; count += 1) await log.add(event('x'.repeat(1 << 20)));

  assert.ok(statSync(path).size <= 5 << 20);
  assert.ok(statSync(`${path}.1`).size <= 5 << 20);
  assert.ok((await log.last(100)).length >= 4);
});
