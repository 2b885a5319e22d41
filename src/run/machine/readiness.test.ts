import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../lib/errors.ts';
import { Readiness } from './readiness.ts';

const NOW = Date.UTC(2026, 10, 28);
const never = new AbortController().signal;

/** A guest that answers when it is asked and has an address. */
function guest() {
  let hasAnswered = false;
  return {
    hasAddress: false,
    isGone: false,
    asked: 0,
    async ask() {
      this.asked += 1;
      if (this.isGone) throw new AppError('PROGRAM_FAILED', 'no such namespace');
      const before = hasAnswered;
      hasAnswered = this.hasAddress;
      return before;
    },
  };
}

function watched(link: ReturnType<typeof guest>): Readiness {
  return new Readiness(
    () => link.ask(),
    async () => NOW,
    assert.ifError,
  );
}

test('a machine is ready once its guest answers at its address, not before', async () => {
  const link = guest();
  await using readiness = watched(link);
  const enough = new AbortController();
  const waiting = readiness.until(enough.signal);
  while (link.asked < 2) await new Promise(setImmediate);
  enough.abort();
  assert.equal(await waiting, false);
  assert.equal(readiness.since, undefined);

  link.hasAddress = true;

  assert.equal(await readiness.until(never), true);
  assert.equal(readiness.since, new Date(NOW).toISOString());
});

test('a guest that was reset has to come up again; an answer to an earlier question is none', async () => {
  const link = guest();
  link.hasAddress = true;
  await using readiness = watched(link);
  await readiness.until(never);
  link.hasAddress = false;

  readiness.beginAgain();

  const { asked } = link;
  assert.equal(readiness.since, undefined);
  while (link.asked < asked + 2) await new Promise(setImmediate);
  assert.equal(readiness.since, undefined);
  link.hasAddress = true;
  assert.equal(await readiness.until(never), true);
});

test('a network that has gone is no failure, and an end is an end', async () => {
  const link = guest();
  link.isGone = true;
  const readiness = watched(link);
  while (link.asked < 2) await new Promise(setImmediate);

  await readiness[Symbol.asyncDispose]();

  const { asked } = link;
  await new Promise(setImmediate);
  assert.equal(link.asked, asked);
  assert.equal(readiness.since, undefined);
});
