import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseSubnets, clashesOf, SUBNETS, USUAL_SUBNETS } from './subnets.ts';

const taken = (...cidrs: string[]) => cidrs.map((cidr) => ({ cidr, by: 'vpn0' }));

test('where nothing is in the way a machine has the usual subnets', () => {
  const others = taken(
    '0.0.0.0/0',
    '0.0.0.0/1',
    '128.0.0.0/1',
    '::/0',
    '2000::/3',
    '192.168.1.0/24',
    '10.76.255.255/32',
  );

  assert.deepEqual(chooseSubnets(others, true), { subnets: USUAL_SUBNETS, moved: [] });
});

const ROWS: [title: string, cidr: string, kind: keyof typeof SUBNETS][] = [
  ['a company’s subnet around the guest’s', '10.77.0.0/16', 'guest4'],
  ['one address in it', '10.77.0.5/32', 'guest4'],
  ['an address of the computer’s own with its subnet', '10.77.3.4/16', 'guest4'],
  ['a subnet around the uplinks', '10.213.0.0/16', 'uplinks4'],
  ['a part of them', '10.213.200.0/24', 'uplinks4'],
  ['IPv6 around the guest’s', 'fd77::/48', 'guest6'],
  ['IPv6 in the uplinks', 'fd21:3:40::/64', 'uplinks6'],
];
for (const [title, cidr, kind] of ROWS) {
  test(`the next subnet is chosen for ${title}, and it is said`, () => {
    const { subnets, moved } = chooseSubnets(taken(cidr), true);

    const [subnet, to] = SUBNETS[kind];
    assert.deepEqual(subnets, { ...USUAL_SUBNETS, [kind]: to });
    assert.deepEqual(moved, [{ subnet, taken: cidr, by: 'vpn0', to }]);
    assert.deepEqual(clashesOf(USUAL_SUBNETS, taken(cidr), true), [{ subnet, taken: cidr, by: 'vpn0' }]);
    assert.deepEqual(clashesOf(subnets, taken(cidr), true), []);
  });
}

test('a computer that has routes to all private addresses still starts machines', () => {
  const routes = taken('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7');

  const { subnets } = chooseSubnets(routes, true);

  assert.deepEqual(
    subnets,
    Object.fromEntries(Object.entries(SUBNETS).map(([kind, candidates]) => [kind, candidates.at(-1)])),
  );
});

test('IPv6 that a machine does not have is in nobody’s way', () => {
  assert.deepEqual(chooseSubnets(taken('fd77::/16', 'fd21:3::/32'), false).moved, []);
});

test('where all are taken it is said by what', () => {
  const routes = taken(...SUBNETS.guest4);

  assert.throws(() => chooseSubnets(routes, false), {
    code: 'SUBNETS_TAKEN',
    message: /10\.77\.0\.0\/24 \(this computer has 10\.77\.0\.0\/24 on vpn0\), 172\.29\.77\.0\/24/,
  });
});
