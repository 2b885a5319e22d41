import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusAnswer } from '../api/status.ts';
import { parseAnswer } from './service.ts';

test('what a newer service adds to an answer is no fault of it, and stays in the report', () => {
  const machine = { vm: 'office', state: 'running', mood: 'good' };
  const answer = parseAnswer({ api: 1, machines: [machine], fleet: 'north' }, StatusAnswer);

  assert.deepEqual(answer, { api: 1, machines: [machine], fleet: 'north' });
});

test('an answer of another version of the interface is not understood', () => {
  assert.throws(() => parseAnswer({ api: 2, machines: [] }, StatusAnswer), { code: 'DAEMON_UNREACHABLE' });
});
