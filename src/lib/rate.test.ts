import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullAllowance, takeToken } from './rate.ts';

const PACE = { burst: 5, refillMs: 1000 };

test('a guest may ask five times at once and then once a second', () => {
  let allowance = fullAllowance(PACE, 0);
  const ask = (now: number) => {
    const left = takeToken(allowance, PACE, now);
    if (left) allowance = left;
    return left !== undefined;
  };

  assert.deepEqual([0, 1, 2, 3, 4, 5].map(ask), [true, true, true, true, true, false]);
  assert.deepEqual([1005, 1006, 2010].map(ask), [true, false, true]);
  assert.equal(ask(2000), false, 'a clock that goes back gives nothing');
});
