import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gateways4, gateways6, searchNames } from './network-facts.ts';

test('the gateways of default routes, and no others', () => {
  const head = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT';
  const rows = [
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth1\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    'ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0',
  ];
  assert.deepEqual(gateways4([head, ...rows].join('\n')), ['192.0.2.1']);
  const zero = '0'.repeat(32);
  const six = [
    `${zero} 00 ${zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0`,
    `${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo`,
    `fe800000000000000000000000000000 40 ${zero} 00 ${zero} 00000100 00000001 00000000 00000001     eth0`,
  ];
  assert.deepEqual(gateways6(six.join('\n')), ['fe80:0000:0000:0000:0000:0000:0000:0001']);
});

test('the last line of names counts, in small letters', () => {
  assert.deepEqual(searchNames('domain old.example\nsearch Corp.Example. lab.example\nnameserver 192.0.2.53\n'), [
    'corp.example',
    'lab.example',
  ]);
  assert.deepEqual(searchNames(''), []);
});
