import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../lib/json.ts';
import { hostPolicyDigest } from '../quarantine/host-policy-digest.ts';
import { HostPolicy } from './host.ts';
import { AccessSection } from './parts/access-section.ts';
import { PolicyDocument } from './schema.ts';

/** Entries as administrators write them: the same network in two ways, capitals, blanks, a dot at the end. */
const WRITTEN = [
  '10.0.0.0/255.0.0.0',
  '10.0.0.0/8',
  '  192.0.2.9   TCP  80,443,8000-8080 ',
  'Updates.Example. tcp 443 PINNED',
  'Files.Example/24 udp 53-53',
  '2001:DB8::/32 icmp',
  '2001:db8:0:0::1',
];

const when = { gateways: ['192.0.2.1'], dnsNames: ['corp.example'] };
const document = (quarantine: object) => ({
  ...{ format: 1, project: 'ab'.repeat(32), vm: 'office', vmId: '5f0b9ed8-2f6c-4c0e-9d3c-6a1f3f0f7a11', serial: 7 },
  policy: { format: 1, quarantine, ipv6: true },
});
const VERSIONED = document({
  type: 'version-based',
  normal: { entries: WRITTEN, exceptions: ['dns'] },
  restricted: { entries: ['Updates.Example tcp 443 pinned'] },
  zones: [{ name: 'home', when, normal: { entries: ['192.168.0.0/255.255.0.0', 'printer_1'] } }],
  versions: [{ name: 'first', descriptor: '0x00000001' }],
  threshold: 'first',
});
const BLACKLIST = document({ type: 'static', mode: 'blacklist', normal: { entries: ['203.0.113.0/24 UDP'] } });
const HOST = {
  zones: [{ name: 'office', when, mode: 'whitelist', entries: ['10.0.0.0/255.0.0.0 \r tcp  443', 'A.Example/24'] }],
  default: { mode: 'blacklist', entries: ['Mail.Example. tcp 25'] },
};

/** What releases of Lazaret have signed, and users have consented to, so far. */
const DIGESTS: [title: string, digest: () => string, want: string][] = [
  [
    'two lists and a zone',
    () => sha256(PolicyDocument.parse(VERSIONED)),
    'd29619a3bde7aa7c7df0b88cb69930a7b9c831e5dfceb4158b7654aba60852d8',
  ],
  [
    'a blacklist',
    () => sha256(PolicyDocument.parse(BLACKLIST)),
    'ac5e9cb6875d3ef0396ed5ed7bb14b24ea93baf660cb73439262256732babf54',
  ],
  [
    'a host policy',
    () => hostPolicyDigest(HostPolicy.parse(HOST)),
    '908062835729e4151338f81c693db2d76d22f0d8b3aca5ebb9327679bb0b3cef',
  ],
];

function sha256(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

for (const [title, digest, want] of DIGESTS) {
  test(`${title} has the bytes that were signed before`, () => assert.equal(digest(), want));
}

test('entries stay as they were written, through any number of readings', () => {
  const blank = fc.constantFrom(' ', '  ', '\t');
  const host = fc.constantFrom(
    '10.0.0.0/8',
    '10.0.0.0/255.0.0.0',
    'A.Example',
    'a.example.',
    'b.example/24',
    'FD00::/8',
  );
  const traffic = fc.constantFrom('', 'tcp', 'UDP', 'icmp', 'tcp 080,443-443', 'Udp 53');
  const entry = fc.tuple(host, blank, traffic).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const first = canonicalJson(AccessSection.parse({ entries, exceptions: [] }));
      assert.equal(first, canonicalJson({ entries, exceptions: [] }));
      const second = AccessSection.parse(JSON.parse(first));
      assert.equal(canonicalJson(second), first);
      assert.deepEqual(AccessSection.parse(second), second);
    }),
  );
});
