import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHostState } from './host-state.ts';

test('the interfaces that were raised are read back', () => {
  assert.deepEqual(parseHostState('{"format":1,"raised":["eth0","wlan0.5"]}'), { raised: ['eth0', 'wlan0.5'] });
});

test('what was set for IPv6 is read back', () => {
  const state = { raised: [], ipv6: { forwarding: ['br0'], acceptRa: ['default', 'eth0'] } };

  assert.deepEqual(parseHostState(JSON.stringify({ format: 1, ...state })), state);
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
  '{"format":1,"raised":[],"ipv6":null}',
  '{"format":1,"raised":[],"ipv6":{"forwarding":[]}}',
  '{"format":1,"raised":[],"ipv6":{"forwarding":[],"acceptRa":["../all"]}}',
];
for (const text of refused) {
  test(`a state file that says ${text || 'nothing'} is refused`, () =>
    assert.throws(() => parseHostState(text), { name: 'AppError', code: 'NETWORK_FAILED' }));
}
