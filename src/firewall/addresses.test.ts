import assert from 'node:assert/strict';
import { test } from 'node:test';
import ipaddr from 'ipaddr.js';
import { SUBNETS, USUAL_SUBNETS } from '../quarantine/subnets.ts';
import {
  checkMac,
  checkUsers,
  guestAddresses,
  linkLocal,
  MAX_NUMBER,
  networkNames,
  uplinkAddresses,
} from './addresses.ts';

const refused = { name: 'AppError', code: 'NETWORK_FAILED' };

test('names fit an interface and differ for different machines', () => {
  const names = networkNames('a machine with a long name, in a folder of its own');

  assert.match(names.namespace, /^lazaret-[0-9a-f]{8}$/);
  assert.match(names.uplink, /^lz-[0-9a-f]{8}$/);
  assert.notDeepEqual(networkNames('another'), names);
});

test('each number has four addresses of its own within 10.213.0.0/16, and as many within fd21:3::/32', () => {
  const addresses = [
    [0, '10.213.0.1', '10.213.0.2', 'fd21:3:0::1', 'fd21:3:0::2'],
    [64, '10.213.1.1', '10.213.1.2', 'fd21:3:40::1', 'fd21:3:40::2'],
    [MAX_NUMBER, '10.213.255.253', '10.213.255.254', 'fd21:3:3fff::1', 'fd21:3:3fff::2'],
  ] as const;
  for (const [number, host, inside, host6, inside6] of addresses)
    assert.deepEqual(uplinkAddresses(number, USUAL_SUBNETS), { host, inside, host6, inside6 });
  for (const number of [-1, MAX_NUMBER + 1, 0.5, Number.NaN])
    assert.throws(() => uplinkAddresses(number, USUAL_SUBNETS), refused);
});

test('whatever subnets are chosen, a machine’s addresses lie in them and follow from its number', () => {
  for (const [index, guest4] of SUBNETS.guest4.entries()) {
    const of = <K extends keyof typeof SUBNETS>(kind: K) => SUBNETS[kind][index] ?? SUBNETS[kind][0];
    const subnets = { guest4, guest6: of('guest6'), uplinks4: of('uplinks4'), uplinks6: of('uplinks6') };
    const { gateway, guest, gateway6, guest6 } = guestAddresses(subnets);
    const { host, inside, host6, inside6 } = uplinkAddresses(MAX_NUMBER, subnets);
    for (const [subnet, first, second] of [
      [subnets.guest4, gateway, guest],
      [subnets.guest6, gateway6, guest6],
      [subnets.uplinks4, host, inside],
      [subnets.uplinks6, host6, inside6],
    ] as const) {
      assert.notEqual(first, second);
      for (const address of [first, second])
        assert.ok(ipaddr.parse(address).match(ipaddr.parseCIDR(subnet)), `${address} in ${subnet}`);
    }
  }
});

test('only a card’s own address is taken', () => {
  assert.equal(checkMac('52:54:00:aa:bb:01'), '52:54:00:aa:bb:01');
  for (const mac of ['01:54:00:aa:bb:01', '52:54:00:AA:BB:01', '52:54:00:aa:bb', '52:54:00:aa:bb:01 accept'])
    assert.throws(() => checkMac(mac), refused, mac);
});

test('root is no user for QEMU or the helper unless there is no other', () => {
  checkUsers({ uid: 1000, dnsUid: 1001 });
  checkUsers({ uid: 0, dnsUid: 0 });
  for (const [uid, dnsUid] of [
    [0, 1],
    [1, 0],
    [-1, 1],
    [1, 2 ** 32 - 1],
    [1.5, 2],
  ] as const)
    assert.throws(() => checkUsers({ uid, dnsUid }), refused, `${uid} ${dnsUid}`);
});

test('a card’s link-local address', () => {
  assert.equal(linkLocal('52:54:00:aa:bb:01'), 'fe80::5054:ff:feaa:bb01');
});
