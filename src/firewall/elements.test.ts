import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AccessEntry, parseEntry } from '../policy/parts/access-entry.ts';
import { type Elements, subnetElements } from './elements.ts';

function entries(...texts: string[]): AccessEntry[] {
  return texts.map((text) => parseEntry(text)).filter((entry) => typeof entry !== 'string');
}

const rows: [title: string, texts: string[], want: Elements][] = [
  ['an entry without a protocol stands for all of them', ['10.0.0.0/8'], { any: ['10.0.0.0/8'], ports: [] }],
  ['an entry without ports for all of them', ['10.0.0.1 tcp'], { any: [], ports: ['10.0.0.1/32 . tcp . 0-65535'] }],
  [
    'a subnet in an open one goes without saying',
    ['10.1.0.0/16 tcp 80', '10.0.0.0/8'],
    { any: ['10.0.0.0/8'], ports: [] },
  ],
  [
    'ports that the subnet around has already are left out',
    ['10.0.0.0/8 tcp 80,443', '10.1.0.0/16 tcp 1-100', '10.1.2.0/24 tcp 443'],
    {
      any: [],
      ports: [
        '10.0.0.0/8 . tcp . 80',
        '10.0.0.0/8 . tcp . 443',
        '10.1.0.0/16 . tcp . 1-79',
        '10.1.0.0/16 . tcp . 81-100',
      ],
    },
  ],
  [
    'entries of one subnet are joined',
    ['10.0.0.1 udp 5-9', '10.0.0.1 udp 10', '10.0.0.1 icmp'],
    { any: [], ports: ['10.0.0.1/32 . udp . 5-10', '10.0.0.1/32 . icmp . 0-65535'] },
  ],
];
for (const [title, texts, want] of rows) {
  test(title, () => assert.deepEqual(subnetElements(entries(...texts), 4), want));
}

test('the other family and names are left to others', () => {
  const all = entries('2001:db8::/32 icmp', '10.0.0.1', 'updates.example');

  assert.deepEqual(subnetElements(all, 6), { any: [], ports: ['2001:db8::/32 . ipv6-icmp . 0-65535'] });
});

/** A small world, so that subnets meet: addresses 10.0.0.0-15, ports 1-8. */
const prefixes = fc
  .integer({ min: 28, max: 32 })
  .chain((prefix) =>
    fc.integer({ min: 0, max: 15 }).map((last) => `10.0.0.${last & ~((1 << (32 - prefix)) - 1)}/${prefix}`),
  );
const ports = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }))
  .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
const entry = fc.oneof(
  { weight: 1, arbitrary: prefixes },
  { weight: 6, arbitrary: fc.tuple(prefixes, fc.constantFrom('tcp', 'udp'), ports).map((words) => words.join(' ')) },
);

test('the elements hold what the entries hold, and no two of them overlap', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 12 }), (texts) => {
      const wanted = entries(...texts);
      const { any, ports: boxes } = subnetElements(wanted, 4);

      for (let last = 0; last < 16; last += 1) {
        assert.ok(any.filter((cidr) => covers(cidr, last)).length <= 1);
        for (const protocol of ['tcp', 'udp'] as const)
          for (let port = 1; port <= 8; port += 1) {
            const found = boxes.filter((box) => inBox(box, last, protocol, port)).length;
            const isWanted = wanted.some((each) => allows(each, last, protocol, port));
            assert.ok(found <= 1, 'overlap');
            assert.equal(found === 1 || any.some((cidr) => covers(cidr, last)), isWanted);
          }
      }
    }),
  );
});

function covers(cidr: string, last: number): boolean {
  const [, first = '', prefix = ''] = /\.(\d+)\/(\d+)$/.exec(cidr) ?? [];
  return last >= Number(first) && last < Number(first) + 2 ** (32 - Number(prefix));
}

function inBox(box: string, last: number, protocol: string, port: number): boolean {
  const [cidr = '', ofBox, range = ''] = box.split(' . ');
  const [from = 0, to = from] = range.split('-').map(Number);
  return covers(cidr, last) && ofBox === protocol && port >= from && port <= to;
}

function allows({ target, protocol, ports: ranges }: AccessEntry, last: number, asked: string, port: number): boolean {
  if (target.kind !== 'subnet' || !covers(target.cidr, last)) return false;
  if (protocol === undefined) return true;
  return protocol === asked && (ranges === undefined || ranges.some(({ from, to }) => port >= from && port <= to));
}
