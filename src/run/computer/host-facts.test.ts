import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostObserver } from './host-facts.ts';

const PIN = 'ab'.repeat(32);
const FACTS = { gateways: ['192.0.2.1'], dnsServers: [], addresses: [], dnsNames: [] };
const BEACON = { address: 'beacon.example:443', pin: PIN };
const zones = [{ name: 'office', when: { beacon: BEACON } }];

test('a beacon is asked once while the networks stay the same, and at once on another', async () => {
  let facts = FACTS;
  let asked = 0;
  let key: string | undefined = PIN;
  const prove = async () => {
    asked += 1;
    return key;
  };
  const observer = new HostObserver(async () => facts, prove);
  assert.deepEqual((await observer.facts(zones))?.beacons, [BEACON]);
  assert.deepEqual((await observer.facts(zones))?.beacons, [BEACON]);
  assert.equal(asked, 1);
  key = undefined;
  facts = { ...FACTS, gateways: ['198.51.100.1'] };
  assert.deepEqual((await observer.facts(zones))?.beacons, []);
  assert.equal(asked, 2);
});

test('without zones nothing is looked at', async () => {
  const observer = new HostObserver(() => Promise.reject(new Error('looked')));
  assert.equal(await observer.facts([]), undefined);
});
