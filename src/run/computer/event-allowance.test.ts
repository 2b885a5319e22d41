import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventAllowance } from './event-allowance.ts';
import type { Happening } from './events.ts';

const MINUTE_MS = 60_000;
const refused = (same: string, descriptor = same): Happening => ({
  ...{ vm: 'office', kind: 'nq-set', text: `nq-set ${descriptor}: ${same}`, same },
});

test('the same refusal is told once, then with a count', () => {
  const allowance = new EventAllowance();

  const told = Array.from({ length: 12 }, (_none, second) => allowance.take(refused('no version'), second * 1000));

  assert.deepEqual([told.filter(Boolean).length, allowance.hasLeftOut], [1, true]);
  assert.deepEqual(allowance.summaries(MINUTE_MS), []);
  assert.deepEqual(
    allowance.summaries(10 * MINUTE_MS).map(({ text, details }) => [text, details]),
    [['11 more times: nq-set no version: no version', { leftOut: 11 }]],
  );
  assert.equal(allowance.hasLeftOut, false);
});

test('another refusal is told, and events of no machine always', () => {
  const allowance = new EventAllowance();

  assert.equal(allowance.take(refused('no version'), 0), true);
  assert.equal(allowance.take(refused('not the next'), 0), true);
  for (let count = 0; count < 1000; count += 1)
    assert.equal(allowance.take({ kind: 'zone', text: 'the computer moved' }, 0), true);
});

test('a day of refusals without end, each in other words, is some hundred events', () => {
  const allowance = new EventAllowance();
  let told = 0;
  for (let second = 0; second < 86_400; second += 1) {
    if (allowance.take(refused(`${second} is no version`), second * 1000)) told += 1;
    if (second % 60 === 0) told += allowance.summaries(second * 1000).length;
  }

  assert.ok(told < 100 + 2 * 24 * 60, `${told}`);
});
