import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinedStates, parseHostState, parseHostTable } from './host-state.ts';

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

const LISTING = `table inet lazaret_host {
\tset raised {
\t\ttype ifname
\t\telements = { "eth0",
\t\t\t     "wlan0" }
\t}

\tset raised6 {
\t\ttype ifname
\t}

\tset advised6 {
\t\ttype ifname
\t\telements = { "default" }
\t}

\tset came {
\t\ttype ifname
\t\tsize 16384
\t\tflags dynamic
\t\tcounter
\t\telements = { "lz-1" counter packets 3 bytes 180 }
\t}
}
`;

test('what another program of ours has put into the table is read from it', () => {
  const ipv6 = { forwarding: [], acceptRa: ['default'] };

  assert.deepEqual(parseHostTable(LISTING), { raised: ['eth0', 'wlan0'], ipv6 });
  assert.deepEqual(parseHostTable(LISTING.replace(/\tset raised6[^}]*\}\n/, '')), { raised: ['eth0', 'wlan0'] });
  for (const none of [undefined, 'table inet lazaret_host {\n}\n', LISTING.replace('"eth0"', '"../all"')])
    assert.equal(parseHostTable(none), undefined);
});

test('what each of our programs knows is put back by the last of them, but for what others want', () => {
  const ipv6 = { forwarding: [], acceptRa: ['eth0'] };
  const other = { raised: ['eth0', 'wlan0'], ipv6 };

  assert.deepEqual(joinedStates({ raised: ['tun0', 'eth0'] }, other, false), {
    raised: ['eth0', 'tun0', 'wlan0'],
    ipv6,
  });
  assert.deepEqual(joinedStates({ raised: [], forwards: true }, other, true), { raised: [], forwards: true, ipv6 });
  assert.deepEqual(joinedStates({ raised: ['eth0'] }, undefined, false), { raised: ['eth0'] });
});
