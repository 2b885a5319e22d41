import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listed } from '../../../test/fakes/quarantine.ts';
import type { Exception } from '../../policy/parts/access-section.ts';
import { type AccessList, accessLists } from './access-list.ts';
import { parseDestination } from './destination.ts';
import { explain } from './explain.ts';

const NAMES = new Map([
  ['updates.example', ['192.0.2.7', '2001:db8::7']],
  ['pinned.example', ['198.18.0.4', 'fd77:1::4']],
  ['wide.example', ['192.0.2.7']],
  ['wide.example/24', ['192.0.2.0/24']],
]);

function list(mode: AccessList['mode'], entries: string[], exceptions: Exception[] = []): AccessList {
  return accessLists({ type: 'static', mode, normal: { ...listed(...entries), exceptions } }).normal;
}

const ROWS: [
  title: string,
  list: AccessList,
  to: string,
  protocol: 'tcp' | 'udp' | 'icmp',
  allowed: boolean,
  rule: RegExp,
][] = [
  ['a listed subnet', list('whitelist', ['10.0.0.0/8']), '10.9.8.7:22', 'tcp', true, /^10\.0\.0\.0\/8$/],
  ['an unlisted address', list('whitelist', ['10.0.0.0/8']), '11.0.0.1:22', 'tcp', false, /not listed/],
  ['a listed port', list('whitelist', ['10.0.0.1 tcp 80-90']), '10.0.0.1:85', 'tcp', true, /80-90/],
  ['another port', list('whitelist', ['10.0.0.1 tcp 80-90']), '10.0.0.1:91', 'tcp', false, /not listed/],
  ['another protocol', list('whitelist', ['10.0.0.1 tcp']), '10.0.0.1:80', 'udp', false, /not listed/],
  ['a name’s address', list('whitelist', ['updates.example']), '192.0.2.7:80', 'tcp', true, /updates\.example/],
  ['a name itself', list('whitelist', ['updates.example']), 'Updates.Example:80', 'tcp', true, /updates\.example/],
  ['IPv6', list('whitelist', ['2001:db8::/32']), '[2001:db8::1]:80', 'tcp', true, /2001:db8/],
  ['IPv4 is not in an IPv6 subnet', list('whitelist', ['::/0']), '10.0.0.1:80', 'tcp', false, /not listed/],
  ['a blacklisted address', list('blacklist', ['10.0.0.0/8']), '10.0.0.1:80', 'tcp', false, /10\.0\.0\.0\/8/],
  ['all else with a blacklist', list('blacklist', ['10.0.0.0/8']), '11.0.0.1:80', 'tcp', true, /blacklist/],
  ['link-local addresses', list('whitelist', ['0.0.0.0/0']), '169.254.169.254:80', 'tcp', false, /always closed/],
  [
    'an IPv6 address that is an IPv4 one',
    list('whitelist', ['0.0.0.0/0']),
    '[::ffff:10.0.0.1]:22',
    'tcp',
    false,
    /no computer/,
  ],
  ['the machine’s own link', list('whitelist', ['10.0.0.0/8']), '10.77.0.5:22', 'tcp', false, /always closed/],
  ['beside its own link', list('whitelist', ['10.0.0.0/8']), '10.77.1.5:22', 'tcp', true, /10\.0\.0\.0/],
  ['the machine’s own IPv6 link', list('whitelist', ['::/0']), '[fd77::5]:22', 'tcp', false, /always closed/],
  ['machines’ links', list('blacklist', []), '10.213.0.1:22', 'tcp', false, /always closed/],
  ['ping by exception', list('whitelist', [], ['icmp']), '8.8.8.8', 'icmp', true, /icmp/],
  ['the ping exception opens nothing else', list('whitelist', [], ['icmp']), '8.8.8.8:80', 'tcp', false, /not listed/],
  ['a printer by exception', list('whitelist', [], ['printers']), '10.0.0.9:9100', 'tcp', true, /printers/],
  [
    'the printer exception opens printing ports only',
    list('whitelist', [], ['printers']),
    '10.0.0.9:80',
    'tcp',
    false,
    /not listed/,
  ],
  ['what is around a name', list('whitelist', ['wide.example/24']), '192.0.2.200:80', 'tcp', true, /wide/],
  ['nothing around it without bits', list('whitelist', ['wide.example']), '192.0.2.200:80', 'tcp', false, /not listed/],
  ['what is further off', list('whitelist', ['wide.example/24']), '192.0.3.1:80', 'tcp', false, /not listed/],
  ['a pinned name itself', list('whitelist', ['pinned.example pinned']), 'pinned.example:80', 'tcp', true, /pinned$/],
  ['its synthetic address', list('whitelist', ['pinned.example pinned']), '198.18.0.4:80', 'tcp', true, /pinned$/],
  [
    'another synthetic one',
    list('whitelist', ['pinned.example pinned', '0.0.0.0/0']),
    '198.18.0.5:80',
    'tcp',
    false,
    /no pinned name/,
  ],
  ['one where no name is pinned', list('whitelist', ['0.0.0.0/0']), '198.18.0.5:80', 'tcp', true, /0\.0\.0\.0/],
  ['an empty whitelist is nothing', list('whitelist', []), '10.0.0.1:80', 'tcp', false, /not listed/],
];

test('a machine without IPv6 reaches nothing there, whatever its list says', () => {
  const everything = list('blacklist', []);
  const to = { host: '2001:db8::1', protocol: 'tcp', port: 80 } as const;

  assert.deepEqual(explain(everything, to, NAMES, { ipv6: false }), {
    allowed: false,
    rule: 'the machine has no IPv6',
  });
  assert.equal(explain(everything, to, NAMES, { ipv6: true }).allowed, true);
  assert.equal(explain(everything, { ...to, host: '192.0.2.1' }, NAMES, { ipv6: false }).allowed, true);
});

for (const [title, access, to, protocol, allowed, rule] of ROWS) {
  test(`${title}: ${allowed ? 'allowed' : 'refused'}`, () => {
    const destination = parseDestination(to, protocol);
    assert.ok(destination);

    const answer = explain(access, destination, NAMES);

    assert.equal(answer.allowed, allowed);
    assert.match(answer.rule, rule);
  });
}

test('what is no destination is none', () => {
  for (const text of ['', 'host', 'host:', 'host:0', 'host:70000', 'a b:1', '2001:db8::1:80']) {
    assert.equal(parseDestination(text, 'tcp'), undefined, text);
  }
});
