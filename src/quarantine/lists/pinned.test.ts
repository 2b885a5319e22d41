import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { listed } from '../../../test/fakes/quarantine.ts';
import { type AccessList, type AccessLists, accessLists } from './access-list.ts';
import { PINNED, pinnedNames, syntheticAddresses } from './pinned.ts';

function listsOf(normal: readonly string[], restricted: readonly string[] = []): AccessLists {
  const list = (names: readonly string[]): AccessList =>
    accessLists({ type: 'static', mode: 'whitelist', normal: listed(...names) }).normal;
  return { normal: list(normal), restricted: list(restricted) };
}

const names = fc.uniqueArray(fc.domain(), { maxLength: 200 });

test('no two names share an address, all lie where nothing else is, each written in the one way', () => {
  fc.assert(
    fc.property(names, names, (normal, restricted) => {
      const pin = (name: string) => `${name} pinned`;
      const lists = listsOf(normal.map(pin), restricted.map(pin));
      const found = syntheticAddresses(lists);
      const all = [...found.values()].flatMap((of) => [...of[4], ...of[6]]);

      assert.deepEqual(
        [...found.keys()],
        [...new Set([...pinnedNames(lists.normal), ...pinnedNames(lists.restricted)])].sort(),
      );
      assert.equal(new Set(all).size, all.length);
      for (const [family, cidr] of [[4, PINNED[4]] as const, [6, PINNED[6]] as const]) {
        const [network, bits] = ipaddr.parseCIDR(cidr);
        for (const address of [...found.values()].flatMap((of) => of[family])) {
          assert.ok(ipaddr.parse(address).match(network, bits), address);
          assert.equal(ipaddr.parse(address).toString(), address);
        }
      }
    }),
  );
});

test('a name keeps its addresses when others come and go', () => {
  const alone = syntheticAddresses(listsOf(['updates.example pinned'])).get('updates.example');
  const among = syntheticAddresses(listsOf(['a.example pinned', 'b.example'], ['updates.example tcp 443 pinned']));

  assert.deepEqual(among.get('updates.example'), alone);
  assert.equal(among.has('b.example'), false);
});

test('there is room for the longest lists', () => {
  const many = (prefix: string) => Array.from({ length: 10_000 }, (_, index) => `${prefix}${index}.example pinned`);

  assert.equal(syntheticAddresses(listsOf(many('a'), many('b'))).size, 20_000);
});
