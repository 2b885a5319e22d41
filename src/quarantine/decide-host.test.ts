import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listed } from '../../test/fakes/quarantine.ts';
import { asJson } from '../lib/json.ts';
import { HostPolicy } from '../policy/host.ts';
import { decideHost } from './decide-host.ts';
import { hostPolicyDigest } from './host-policy-digest.ts';
import { hostPolicyText } from './host-policy-text.ts';
import type { HostFacts } from './zones.ts';

const OFFICE: HostFacts = {
  gateways: ['192.0.2.1'],
  dnsServers: ['192.0.2.53'],
  addresses: ['192.0.2.7'],
  dnsNames: ['corp.example'],
  beacons: [],
};
const HOTEL: HostFacts = { ...OFFICE, gateways: ['198.51.100.1'], addresses: ['198.51.100.7'], dnsServers: [] };
const POLICY = HostPolicy.parse({
  zones: [
    { name: 'wing', when: { gateways: ['192.0.2.1'], dnsNames: ['lab.example'] }, mode: 'whitelist' },
    { name: 'office', when: { gateways: ['192.0.2.1'] }, mode: 'whitelist', entries: ['10.0.0.0/8 \r tcp  443'] },
    { name: 'everywhere here', when: { subnets: ['192.0.2.0/24'] }, mode: 'blacklist', entries: ['203.0.113.9'] },
  ],
});
const FALLBACK = { mode: 'blacklist' as const, entries: listed('mail.example tcp 25').entries };

const ROWS: [
  title: string,
  policy: HostPolicy,
  facts: HostFacts | undefined,
  zone: string | undefined,
  mode: string | undefined,
][] = [
  ['the first zone that fits wins, whatever others would (fact 84)', POLICY, OFFICE, 'office', 'whitelist'],
  [
    'a zone of which one criterion fails is none (fact 83)',
    POLICY,
    { ...OFFICE, dnsNames: ['lab.example'] },
    'wing',
    'whitelist',
  ],
  ['where no zone fits the computer is free (fact 86)', POLICY, HOTEL, undefined, undefined],
  ['where no zone fits the default holds', { ...POLICY, default: FALLBACK }, HOTEL, undefined, 'blacklist'],
  ['a zone that fits is before the default', { ...POLICY, default: FALLBACK }, OFFICE, 'office', 'whitelist'],
  ['a default alone holds everywhere', { zones: [], default: FALLBACK }, undefined, undefined, 'blacklist'],
];
for (const [title, policy, facts, zone, mode] of ROWS) {
  test(title, () => {
    const decision = decideHost(policy, facts);
    assert.deepEqual([decision.zone, decision.access?.mode], [zone, mode]);
  });
}

test('consent is to exactly these rules, however their keys were set', () => {
  const reordered: HostPolicy = { default: { entries: FALLBACK.entries, mode: 'blacklist' }, zones: POLICY.zones };
  const digest = hostPolicyDigest({ ...POLICY, default: FALLBACK });

  assert.equal(hostPolicyDigest(reordered), digest);
  assert.notEqual(hostPolicyDigest(POLICY), digest);
  assert.notEqual(hostPolicyDigest({ ...POLICY, default: { ...FALLBACK, mode: 'whitelist' } }), digest);
  assert.notEqual(hostPolicyDigest({ ...POLICY, zones: [...POLICY.zones].reverse() }), hostPolicyDigest(POLICY));
});

test('what is shown to the user has all of it, and nothing that could hide a part', () => {
  assert.equal(
    hostPolicyText(asJson({ ...POLICY, default: FALLBACK })),
    [
      'In zone wing this computer itself could reach nothing.',
      '  (this is a network with the gateway 192.0.2.1, and the name lab.example)',
      'In zone office this computer itself could reach nothing but',
      '  10.0.0.0/8 tcp 443',
      '  (this is a network with the gateway 192.0.2.1)',
      'In zone everywhere here this computer itself could no longer reach',
      '  203.0.113.9',
      '  (this is a network with an address in 192.0.2.0/24)',
      'On any other network this computer itself could no longer reach',
      '  mail.example tcp 25',
    ].join('\n'),
  );
  assert.match(hostPolicyText(asJson(POLICY)), /On any other network this computer stays free\.$/);
});
