import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from './errors.ts';
import { failsAs, failuresOf } from './failures.ts';

const lost = new AppError('STATE_DAMAGED', 'lost');
const isLost = (error: unknown) => error === lost;

test('every check is made, and what fails is told in that order', async () => {
  const full = new AppError('DISK_FULL', 'full');
  const checks = [() => Promise.reject(lost), () => undefined, () => Promise.reject(full)];
  assert.deepEqual(await failuresOf(checks), [lost, full]);
});

test('a fault of ours is no failure of a check', async () => {
  const fault = new TypeError('ours');
  await assert.rejects(failuresOf([() => Promise.reject(fault)]), fault);
});

test('work fails as it may, or not at all, or it throws', async () => {
  assert.equal(await failsAs(Promise.reject(lost), isLost), true);
  assert.equal(await failsAs(Promise.resolve(), isLost), false);
  const other = new AppError('STATE_DAMAGED', 'another');
  await assert.rejects(failsAs(Promise.reject(other), isLost), other);
});
