import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostPolicy } from './host.ts';

const when = { subnets: ['192.0.2.0/24'] };
const zone = { name: 'office', when, mode: 'whitelist' as const, entries: ['10.0.0.0/8 tcp 443', 'a.example/24'] };
const zones = (count: number) => Array.from({ length: count }, (_, index) => ({ ...zone, name: `zone ${index}` }));
const entries = (count: number) => Array.from({ length: count }, (_, index) => `10.${index >> 8}.${index & 255}.1`);

const GOOD: [title: string, policy: unknown][] = [
  ['a zone', { zones: [zone] }],
  ['a default alone', { default: { mode: 'blacklist', entries: ['192.0.2.9'] } }],
  ['a whitelist of nothing', { default: { mode: 'whitelist' } }],
  [
    'as many zones and entries as there may be',
    { zones: zones(32), default: { mode: 'whitelist', entries: entries(500) } },
  ],
];
for (const [title, policy] of GOOD) {
  test(`a host policy may have ${title}`, () => {
    assert.ok(HostPolicy.safeParse(policy).success);
  });
}

const BAD: [title: string, policy: unknown, said: RegExp][] = [
  ['nothing in it', {}, /neither a zone nor a default/],
  ['no zone in its list', { zones: [] }, /neither a zone nor a default/],
  ['an unknown key', { zones: [zone], useZones: '1' }, /useZones/],
  ['an unknown key in a zone', { zones: [{ ...zone, restrictARP: '1' }] }, /restrictARP/],
  ['an unknown key in the default', { default: { mode: 'whitelist', exceptions: ['dns'] } }, /exceptions/],
  ['another mode', { default: { mode: 'block' } }, /mode|option/i],
  ['a zone that would be everywhere', { zones: [{ ...zone, when: {} }] }, /needs a criterion/],
  ['a zone twice', { zones: [zone, zone] }, /has a zone twice/],
  ['a pinned name', { default: { mode: 'whitelist', entries: ['a.example pinned'] } }, /is pinned/],
  ['ICMP on a list', { default: { mode: 'blacklist', entries: ['0.0.0.0/0 icmp'] } }, /never restricted/],
  ['an entry that is none', { default: { mode: 'blacklist', entries: ['10.0.0.1; drop'] } }, /neither an address/],
  ['a subnet that starts inside', { default: { mode: 'blacklist', entries: ['10.0.0.1/8'] } }, /starts inside/],
  ['a name with control characters', { zones: [{ ...zone, name: 'of\u001b[2Jfice' }] }, /not a name for a zone/],
  ['too many zones', { zones: zones(33) }, /32/],
  ['too many entries', { default: { mode: 'whitelist', entries: entries(501) } }, /500/],
];
for (const [title, policy, said] of BAD) {
  test(`a host policy with ${title} is refused`, () => {
    const { success, error } = HostPolicy.safeParse(policy);
    assert.equal(success, false);
    assert.match(JSON.stringify(error?.issues), said);
  });
}
