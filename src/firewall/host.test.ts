import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHostState } from './host.ts';

test('the interfaces that were raised are read back', () => {
  assert.deepEqual(parseHostState('{"format":1,"raised":["eth0","wlan0.5"]}'), ['eth0', 'wlan0.5']);
});

const refused = [
  '',
  '[]',
  '{"format":2,"raised":[]}',
  '{"format":1}',
  '{"format":1,"raised":["../all"]}',
  '{"format":1,"raised":["a\\" accept"]}',
  '{"format":1,"raised":["a-name-that-is-too-long"]}',
  '{"format":1,"raised":[7]}',
];
for (const text of refused) {
  test(`a state file that says ${text || 'nothing'} is refused`, () =>
    assert.throws(() => parseHostState(text), { name: 'AppError', code: 'NETWORK_FAILED' }));
}
