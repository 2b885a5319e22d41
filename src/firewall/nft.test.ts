import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDenied } from './machine/rules/denied.ts';
import { parseEnforced } from './nft.ts';

/** As `nft list ruleset inet` shows the chains that tell. */
function listing(changes: Record<string, string> = {}): string {
  const chains = {
    stamp_accept: 'ct mark set 0x00000007 accept',
    current: 'ct mark 0x00000007 accept',
    mode: 'goto restricted_0123abcd',
    mode_in: 'goto restricted_0123abcd_in',
    ...changes,
  };
  const text = Object.entries(chains).map(([name, rule]) => `\tchain ${name} {\n\t\t${rule}\n\t}\n`);
  return `table inet lazaret {\n\tchain other {\n\t\tdrop\n\t\taccept\n\t}\n${text.join('\n')}}`;
}

test('what is enforced is read from the four chains that tell', () => {
  assert.deepEqual(parseEnforced(listing()), { mode: 'restricted', generation: 7, lists: '0123abcd' });
  assert.deepEqual(parseEnforced(listing({ mode: 'goto refuse', mode_in: 'goto refuse_in' })), {
    mode: 'refuse',
    generation: 7,
    lists: '',
  });
});

const broken: [title: string, changes: Record<string, string>][] = [
  ['an unknown mode', { mode: 'goto open', mode_in: 'goto open_in' }],
  ['a mirror of another mode', { mode_in: 'goto normal_0123abcd_in' }],
  ['a mirror of other lists', { mode_in: 'goto restricted_0123abce_in' }],
  ['a stamp that is not the current one', { current: 'ct mark 0x00000006 accept' }],
  ['an empty chain', { stamp_accept: '' }],
  ['a second rule', { mode: 'accept\n\t\tgoto restricted_0123abcd' }],
];
for (const [title, changes] of broken) {
  test(`${title} is not taken for what was wanted`, () =>
    assert.throws(() => parseEnforced(listing(changes)), { code: 'FILTER_FAILED' }));
}

test('nothing at all is not taken either', () => {
  assert.throws(() => parseEnforced(''), { code: 'FILTER_FAILED' });
});

test('refused destinations are read with their ports where they have some', () => {
  const text = `elements = { 10.2.0.2 . tcp . 8000 counter packets 3 bytes 180 timeout 10m expires 9m58s,
    2001:db8::1 . 17 . 53 counter packets 1 bytes 80 expires 9s, 10.3.0.2 . icmp counter packets 12 bytes 9 expires 1m }`;

  assert.deepEqual(parseDenied(text), [
    { address: '10.2.0.2', protocol: 'tcp', port: 8000, packets: 3 },
    { address: '2001:db8::1', protocol: 'udp', port: 53, packets: 1 },
    { address: '10.3.0.2', protocol: 'icmp', packets: 12 },
  ]);
});
