import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Quarantine, VersionQuarantine } from '../../policy/quarantine.ts';
import { narrowerDoubts, narrowerNormal } from './narrower.ts';

const lists = (normal: string[], restricted: string[], more: object = {}) =>
  VersionQuarantine.parse({
    type: 'version-based',
    normal: { entries: normal },
    restricted: { entries: restricted },
    ...more,
  });

const ROWS: [title: string, normal: string[], restricted: string[], lacks: string[]][] = [
  ['the same', ['updates.example tcp 443'], ['updates.example tcp 443'], []],
  ['nothing restricted', ['10.0.0.0/8'], [], []],
  [
    'no update server',
    ['10.0.0.0/8', 'intranet.example'],
    ['updates.example tcp 80,443'],
    ['updates.example tcp 80,443'],
  ],
  ['a name without ports', ['updates.example'], ['updates.example tcp 443'], []],
  ['a port alone', ['updates.example tcp 443'], ['updates.example'], ['updates.example']],
  ['a port missing', ['updates.example tcp 443'], ['updates.example tcp 80,443'], ['updates.example tcp 80,443']],
  ['ports in two entries', ['u.example tcp 80', 'u.example tcp 400-500'], ['u.example tcp 80,443'], []],
  ['another protocol', ['u.example udp'], ['u.example tcp'], ['u.example tcp']],
  ['a wider subnet', ['10.0.0.0/8 tcp'], ['10.1.2.3 tcp 443'], []],
  ['a narrower subnet', ['10.1.0.0/16'], ['10.0.0.0/8'], ['10.0.0.0/8']],
  ['everything', ['0.0.0.0/0'], ['192.0.2.0/24', '10.0.0.1 icmp'], []],
  ['everything of the other family', ['0.0.0.0/0'], ['2001:db8::/32'], ['2001:db8::/32']],
  ['what is around a name', ['u.example/24'], ['u.example'], []],
  ['more around a name', ['u.example/24'], ['u.example/16'], ['u.example/16']],
  ['a name whose surroundings are open', ['u.example'], ['u.example/24'], ['u.example/24']],
];

for (const [title, normal, restricted, lacks] of ROWS) {
  test(`${title}: ${lacks.length > 0 ? 'normal access is narrower' : 'normal access has all'}`, () => {
    assert.deepEqual(narrowerNormal(lists(normal, restricted)), lacks.length > 0 ? [{ lacks }] : []);
  });
}

const textsOf = (quarantine: Quarantine) => narrowerDoubts(quarantine).map(({ text }) => text);

test('of blacklists the normal one is narrower that closes more', () => {
  const mode = { mode: 'blacklist' };

  assert.deepEqual(narrowerNormal(lists(['10.0.0.0/8'], [], mode)), [{ lacks: ['10.0.0.0/8'] }]);
  assert.deepEqual(narrowerNormal(lists([], ['10.0.0.0/8'], mode)), []);
});

test('exceptions and zones count too', () => {
  const zones = [{ name: 'home', when: { subnets: ['192.168.0.0/16'] }, normal: { entries: ['a.example'] } }];
  const quarantine = lists(['u.example'], ['u.example'], { zones });
  const printing = { ...quarantine, restricted: { ...quarantine.restricted, exceptions: ['printers' as const] } };

  assert.deepEqual(textsOf(quarantine), ['in zone home normal access lacks what restricted access has: u.example']);
  assert.deepEqual(textsOf(printing), [
    'normal access lacks what restricted access has: the exception printers',
    'in zone home normal access lacks what restricted access has: u.example and 1 more',
  ]);
});
