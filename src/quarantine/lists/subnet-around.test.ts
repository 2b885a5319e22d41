import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { outermost, subnetAround } from './subnet-around.ts';

const subnet = fc
  .tuple(fc.ipV4(), fc.integer({ min: 8, max: 31 }))
  .map(([address, bits]) => subnetAround(address, bits));

test('the subnet around an address has it, and begins where subnets of its size do', () => {
  assert.equal(subnetAround('192.0.2.200', 24), '192.0.2.0/24');
  assert.equal(subnetAround('10.255.3.9', 9), '10.128.0.0/9');
});

test('what is left of subnets covers the same, and no two overlap', () => {
  fc.assert(
    fc.property(fc.array(subnet), (cidrs) => {
      const left = outermost(cidrs);
      const isIn = (inner: string, outer: string) => {
        const [address, bits] = ipaddr.IPv4.parseCIDR(inner);
        const [network, outerBits] = ipaddr.IPv4.parseCIDR(outer);
        return outerBits <= bits && address.match(network, outerBits);
      };

      for (const cidr of cidrs)
        assert.ok(
          left.some((outer) => isIn(cidr, outer)),
          cidr,
        );
      for (const [at, one] of left.entries())
        for (const other of left.toSpliced(at, 1)) assert.ok(!isIn(one, other), `${one} in ${other}`);
    }),
  );
});
