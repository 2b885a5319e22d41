import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEntry } from '../policy/access-entry.ts';
import { neededServers } from './needed-servers.ts';

const ROWS: [address: string | undefined, entry: string | undefined][] = [
  ['https://policies.example/lazaret/policies', 'policies.example tcp 443'],
  ['http://10.1.2.3:8470/policies', '10.1.2.3 tcp 8470'],
  ['http://[2001:db8::1]/policies', '2001:db8::1 tcp 80'],
  ['https://user:secret@policies.example:8443/', 'policies.example tcp 8443'],
  ['ldaps://dc1.example/CN=Lazaret,DC=example', 'dc1.example tcp 636'],
  ['ldap://dc1.example/CN=Lazaret,DC=example', 'dc1.example tcp 389'],
  ['file:///srv/policies', undefined],
  ['no address', undefined],
  ['https://a%20b/', undefined],
  [undefined, undefined],
];
for (const [address, entry] of ROWS) {
  test(`the service needs ${entry ?? 'nothing'} for ${address ?? 'no address'}`, () => {
    const found = neededServers({ addresses: [address], zones: [] }).map(formatEntry);
    assert.deepEqual(found, entry === undefined ? [] : [entry]);
  });
}

test('and the beacons of all zones, each server once', () => {
  const beacon = (address: string) => ({ when: { beacon: { address, pin: 'ab'.repeat(32) } } });
  const zones = [beacon('beacon.example:443'), beacon('[fd00::1]:8443'), { when: { subnets: ['10.0.0.0/8'] } }];
  const addresses = ['https://beacon.example/', 'https://beacon.example/other'];

  assert.deepEqual(neededServers({ addresses, zones }).map(formatEntry), [
    'beacon.example tcp 443',
    'fd00::1 tcp 8443',
  ]);
});
