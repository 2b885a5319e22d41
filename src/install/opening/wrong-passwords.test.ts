import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mended, oneMore, pauseLeftMs, type WrongPasswords } from './wrong-passwords.ts';

const NOW = Date.parse('2026-01-10T12:00:00Z');
const wrong = (count: number, agoMs = 0): WrongPasswords => ({
  count,
  lastAt: new Date(NOW - agoMs).toISOString(),
});
const MINUTE_MS = 60_000;

const ROWS: [title: string, wrong: WrongPasswords | undefined, leftMs: number][] = [
  ['none', undefined, 0],
  ['two', wrong(2), 0],
  ['three', wrong(3), 2000],
  ['four, a second ago', wrong(4, 1000), 3000],
  ['four, long ago', wrong(4, MINUTE_MS), 0],
  ['a thousand', wrong(1000), 15 * MINUTE_MS],
  ['a thousand, a quarter of an hour ago', wrong(1000, 15 * MINUTE_MS), 0],
  ['three, in ten years by this clock', wrong(3, -10 * 365 * 24 * 60 * MINUTE_MS), 2000],
];
for (const [title, before, leftMs] of ROWS)
  test(`wrong passwords, ${title}: the next waits ${leftMs} ms`, () => assert.equal(pauseLeftMs(before, NOW), leftMs));

test('a clock that was set back ends no pause, and lets none last for good', () => {
  const ahead = wrong(3, -10 * 365 * 24 * 60 * MINUTE_MS);
  const anew = mended(ahead, NOW);
  assert.equal(pauseLeftMs(anew, NOW), 2000);
  assert.equal(pauseLeftMs(anew, NOW + 2000), 0);
  assert.equal(mended(wrong(3, 5), NOW).lastAt, wrong(3, 5).lastAt);
});

test('each further wrong one counts from its own time', () => {
  assert.deepEqual(oneMore(undefined, NOW), wrong(1));
  assert.deepEqual(oneMore(wrong(3, MINUTE_MS), NOW), wrong(4));
});
