import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratch } from '../../../../test/fakes/made-project.ts';
import { Staging } from './staging.ts';

const BLOB = 'ab'.repeat(32);

test('what two installations fetch at the same time is in parts of their own; later the usual one is gone on with', async (t) => {
  const staging = new Staging(scratch(t));
  const first = staging.enter();
  const second = staging.enter();

  const usual = first.part(BLOB);
  const own = second.part(BLOB);
  assert.notEqual(own.part, usual.part);
  assert.notEqual(own.origin, usual.origin);
  assert.deepEqual([first.part(BLOB), second.part(BLOB)], [usual, own], 'each keeps to its part');

  await first[Symbol.asyncDispose]();
  assert.deepEqual(second.part(BLOB), own);
  assert.deepEqual(staging.enter().part(BLOB), usual);
});
