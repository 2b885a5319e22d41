import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from './errors.ts';
import { requireGoing } from './interrupted.ts';

test('work goes on until it is called off', () => {
  assert.doesNotThrow(() => requireGoing(undefined));
  assert.doesNotThrow(() => requireGoing(new AbortController().signal));
});

test('what ends work that was called off is an error of ours, whatever the reason was', () => {
  assert.throws(() => requireGoing(AbortSignal.abort()), { name: 'AppError', code: 'INTERRUPTED' });
  const full = new AppError('DISK_FULL', 'the disk is full');
  assert.throws(() => requireGoing(AbortSignal.abort(full)), full);
});
