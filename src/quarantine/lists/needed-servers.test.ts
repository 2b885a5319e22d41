import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEntry } from '../../policy/parts/access-entry.ts';
import { neededServers } from './needed-servers.ts';

test('the service needs its servers and the beacons of all zones, each once', () => {
  const beacon = (address: string) => ({ when: { beacon: { address, pin: 'ab'.repeat(32) } } });
  const zones = [beacon('beacon.example:443'), beacon('[fd00::1]:8443'), { when: { subnets: ['10.0.0.0/8'] } }];
  const servers = [
    { host: 'beacon.example', port: 443 },
    { host: '2001:db8::1', port: 80 },
    { host: '2001:db8::1', port: 80 },
  ];

  assert.deepEqual(neededServers({ servers, zones }).map(formatEntry), [
    'beacon.example tcp 443',
    '2001:db8::1 tcp 80',
    'fd00::1 tcp 8443',
  ]);
});

test('what is no server that an entry can name is none', () => {
  const servers = [
    { host: 'a b', port: 443 },
    { host: '', port: 443 },
    { host: 'www.example', port: 70_000 },
  ];

  assert.deepEqual(neededServers({ servers, zones: [] }), []);
});
