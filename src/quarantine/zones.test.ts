import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listed, threeVersions, V1, V2 } from '../../test/fakes/quarantine.ts';
import { Quarantine } from '../policy/quarantine.ts';
import { checkPolicy } from '../policy/reading/check.ts';
import type { ZoneDescription } from '../policy/zones.ts';
import { simulate } from './simulate.ts';
import { type HostFacts, inZone, zoneOf } from './zones.ts';

const PIN = 'ab'.repeat(32);
const OFFICE: HostFacts = {
  gateways: ['192.0.2.1', 'fe80::1'],
  dnsServers: ['192.0.2.53', '192.0.2.54'],
  addresses: ['192.0.2.7', '2001:db8::7'],
  dnsNames: ['corp.example'],
  beacons: [{ address: 'beacon.corp.example:443', pin: PIN }],
};
const zone = (when: ZoneDescription) => threeVersions({ zones: [{ name: 'office', when }] });

// Every criterion given must hold; within one, any member is enough (ACE 1.0 pp. 235-237).
const FITS: [ZoneDescription, boolean][] = [
  [{ gateways: ['192.0.2.1'] }, true],
  [{ gateways: ['198.51.100.1', '192.0.2.1'] }, true],
  [{ gateways: ['198.51.100.1'] }, false],
  [{ gateways: ['FE80:0::1'] }, true],
  [{ subnets: ['192.0.2.0/24'] }, true],
  [{ subnets: ['2001:db8::/64'] }, true],
  [{ subnets: ['10.0.0.0/8'] }, false],
  [{ dnsServers: ['192.0.2.53', '192.0.2.99'] }, true],
  [{ dnsServers: ['192.0.2.53', '192.0.2.99'], minDnsServersToMatch: 2 }, false],
  [{ dnsServers: ['192.0.2.53', '192.0.2.54', '192.0.2.99'], minDnsServersToMatch: 2 }, true],
  [{ dnsNames: ['corp.example'] }, true],
  [{ dnsNames: ['example'] }, false],
  [{ beacon: { address: 'beacon.corp.example:443', pin: PIN } }, true],
  [{ beacon: { address: 'beacon.corp.example:443', pin: 'cd'.repeat(32) } }, false],
  [{ beacon: { address: 'beacon.corp.example:444', pin: PIN } }, false],
  [{ gateways: ['192.0.2.1'], subnets: ['10.0.0.0/8'] }, false],
  [{ gateways: ['192.0.2.1'], subnets: ['192.0.2.0/24'] }, true],
];
for (const [when, fits] of FITS)
  test(`${JSON.stringify(when)} ${fits ? 'is' : 'is not'} the network`, () => {
    assert.equal(zoneOf(zone(when), OFFICE)?.name, fits ? 'office' : undefined);
  });

test('the first zone that fits; none where nothing is known', () => {
  const quarantine = threeVersions({
    zones: [
      { name: 'far', when: { subnets: ['10.0.0.0/8'] } },
      { name: 'near', when: { subnets: ['192.0.2.0/24'] } },
      { name: 'gateway', when: { gateways: ['192.0.2.1'] } },
    ],
  });
  assert.equal(zoneOf(quarantine, OFFICE)?.name, 'near');
  assert.equal(zoneOf(quarantine, undefined), undefined);
  assert.equal(zoneOf({ type: 'none' }, OFFICE), undefined);
});

test('a zone brings the lists that it names, and says nothing of versions', () => {
  const quarantine = threeVersions({
    zones: [{ name: 'office', when: { gateways: ['192.0.2.1'] }, normal: { entries: ['192.0.2.80'] } }],
  });
  const there = zoneOf(quarantine, OFFICE);
  assert.deepEqual(inZone(quarantine, there), {
    ...quarantine,
    normal: listed('192.0.2.80'),
  });
  assert.equal(inZone(quarantine, undefined), quarantine);
  const asked = (descriptor: string, at: typeof there) => {
    const to = { host: '192.0.2.80', protocol: 'tcp', port: 80 } as const;
    return simulate(quarantine, { descriptor, zone: at, to, now: 0, names: new Map() });
  };
  assert.deepEqual(
    [asked(V2, there), asked(V2, undefined), asked(V1, there)].map(({ access, allowed }) => [access, allowed]),
    [
      ['normal', true],
      ['normal', false],
      ['restricted', false],
    ],
  );
});

test('what describes nothing, twice the same, or what nothing enforces is refused', () => {
  const parse = (zones: unknown) =>
    Quarantine.safeParse({ type: 'static', mode: 'whitelist', normal: {}, zones }).success;
  const when = { gateways: ['192.0.2.1'] };
  assert.equal(parse([{ name: 'office', when }]), true);
  assert.equal(parse([{ name: 'office', when: {} }]), false);
  assert.equal(parse([{ name: 'office', when: { minDnsServersToMatch: 1 } }]), false);
  assert.equal(parse([{ name: 'office', when: { winsServers: ['192.0.2.1'] } }]), false, 'what nobody looks at');
  assert.equal(
    parse([
      { name: 'a', when },
      { name: 'a', when },
    ]),
    false,
  );
  const one = Quarantine.parse({
    ...{ type: 'static', mode: 'whitelist', normal: {} },
    zones: [{ name: 'office', when, restricted: {} }],
  });
  assert.deepEqual(
    checkPolicy({ format: 1, quarantine: one }).map(({ path }) => path.join('.')),
    ['quarantine.zones.0.restricted'],
  );
});
