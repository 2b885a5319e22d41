import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NamedTurns, Turns } from './turns.ts';

test('work is done one after the other, and goes on after a failure', async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const work = (name: string, fails = false) =>
    turns.take(async () => {
      seen.push(`${name} begins`);
      await sleep(1);
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });

  const results = await Promise.allSettled([work('a', true), work('b'), work('c')]);

  assert.deepEqual(seen, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled'],
  );
});

test('urgent work waits for what is being done alone, however much was asked for before', async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const note = (name: string) => async () => void seen.push(name);

  const asked = ['a', 'b', 'c'].map((name) => turns.take(note(name)));
  const urgent = ['first', 'second'].map((name) => turns.takeNext(note(name)));
  await Promise.all([...asked, ...urgent]);

  assert.deepEqual(seen, ['first', 'second', 'a', 'b', 'c']);
});

test('work that waits is not asked for twice; work that has begun is', async () => {
  const turns = new Turns();
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const seen: string[] = [];
  const note = (name: string) => async () => {
    seen.push(name);
    await held;
  };

  const first = turns.share('look', note('first'));
  await sleep(1);
  const later = [
    turns.share('look', note('second')),
    turns.share('look', note('third')),
    turns.share('other', note('other')),
  ];
  release();
  await Promise.all([first, ...later]);

  assert.deepEqual(seen, ['first', 'second', 'other']);
});

test('a shared failure is everybody’s who waited for it, and nobody else’s', async () => {
  const turns = new Turns();
  const fail = () => Promise.reject(new Error('failed'));

  const both = await Promise.allSettled([turns.share('look', fail), turns.share('look', fail)]);

  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  await turns.share('look', async () => undefined);
});

test('queues of different names do not wait for each other, and a failure ends none of them', async () => {
  const queues = new NamedTurns();
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const seen: string[] = [];
  const failing = queues.take('a', async () => {
    await held;
    throw new Error('a');
  });
  const behind = queues.take('a', async () => void seen.push('behind a'));

  await queues.take('b', async () => void seen.push('b'));
  release();
  await assert.rejects(failing, { message: 'a' });
  await behind;

  assert.deepEqual(seen, ['b', 'behind a']);
});
