import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../lib/errors.ts';
import { KeptTime } from './kept-time.ts';

const DAY_MS = 86_400_000;
const T = 1_800_000_000_000;

/** A computer whose clock is set at will; `again` is the next service on it. */
function computer() {
  const at = { clock: T, running: 0, written: T, isFull: false };
  const again = () =>
    new KeptTime({
      read: async () => at.written,
      write: async (now) => {
        if (at.isFull) throw new AppError('DISK_FULL', 'no room');
        at.written = now;
      },
      trusted: async () => at.clock,
      monotonic: () => at.running,
    });
  const pass = (ms: number) => {
    at.clock += ms;
    at.running += ms;
  };
  return { at, again, pass };
}

test('D26: a clock that is set back does not bring time back, and time goes on while the service runs', async () => {
  const { at, again, pass } = computer();
  const time = again();
  pass(10 * DAY_MS);
  assert.equal(await time.now(), T + 10 * DAY_MS);

  at.clock = T;
  assert.equal(await time.now(), T + 10 * DAY_MS);
  pass(DAY_MS);

  assert.equal(await time.now(), T + 11 * DAY_MS);
  assert.equal(await again().now(), T + 11 * DAY_MS, 'the next service knows it too');
});

test('D26: forward by ten years and back again counts as ten years', async () => {
  const { at, again } = computer();
  at.clock = T + 3653 * DAY_MS;
  await again().now();
  at.clock = T;

  assert.equal(await again().now(), T + 3653 * DAY_MS);
});

test('what an installation wrote counts, also where it is earlier', async () => {
  const { at, again, pass } = computer();
  const time = again();
  at.clock = T + 3653 * DAY_MS;
  await time.now();
  at.clock = T + DAY_MS;

  at.written = T + DAY_MS;
  assert.equal(await time.now(), T + DAY_MS);
  pass(DAY_MS);

  assert.equal(await time.now(), T + 2 * DAY_MS);
});

test('a full disk, or a service killed while it writes, loses a moment and no more', async () => {
  const { at, again, pass } = computer();
  const time = again();
  await time.now();
  at.isFull = true;
  pass(DAY_MS);
  await time.now();
  at.clock = T;

  assert.equal(await time.now(), T + DAY_MS, 'this service knows it');
  at.isFull = false;
  assert.equal(await time.now(), T + DAY_MS);
  assert.equal(at.written, T + DAY_MS);
});

test('a mark that cannot be read is no time', async () => {
  const damaged = new AppError('STATE_DAMAGED', 'damaged');
  const time = new KeptTime({
    read: () => Promise.reject(damaged),
    write: async () => undefined,
    trusted: async () => T,
  });

  await assert.rejects(time.now(), { code: 'STATE_DAMAGED' });
});
