import ipaddr from 'ipaddr.js';
import type { Quarantine } from '../policy/quarantine.ts';
import type { Beacon, Zone, ZoneDescription } from '../policy/zones.ts';

/** What a computer knows of the networks that it is on. */
export interface HostFacts {
  /** Of its default routes. */
  gateways: readonly string[];
  dnsServers: readonly string[];
  /** Its own addresses. */
  addresses: readonly string[];
  dnsNames: readonly string[];
  /** The beacons that have proven themselves. */
  beacons: readonly Beacon[];
}

/** The first zone that fits; undefined where none does, or where nothing is known of the networks. */
export function zoneOf(quarantine: Quarantine, facts: HostFacts | undefined): Zone | undefined {
  return firstFitting(zonesOf(quarantine), facts);
}

/** The same of any zones, in their order. */
export function firstFitting<Z extends { when: ZoneDescription }>(
  zones: readonly Z[],
  facts: HostFacts | undefined,
): Z | undefined {
  return facts && zones.find(({ when }) => fits(when, facts));
}

export function zonesOf(quarantine: Quarantine): readonly Zone[] {
  return quarantine.type === 'none' ? [] : (quarantine.zones ?? []);
}

/** The quarantine with the lists that a zone brings. */
export function inZone(quarantine: Quarantine, zone: Zone | undefined): Quarantine {
  if (quarantine.type === 'none' || !zone) return quarantine;
  const { normal = quarantine.normal } = zone;
  if (quarantine.type === 'static' || quarantine.type === 'dynamic') return { ...quarantine, normal };
  return { ...quarantine, normal, restricted: zone.restricted ?? quarantine.restricted };
}

/** All criteria that are given hold. One with nothing to compare it with does not. */
function fits(when: ZoneDescription, facts: HostFacts): boolean {
  const { gateways, dnsServers, minDnsServersToMatch: least = 1, subnets, dnsNames, beacon } = when;
  return (
    (!gateways || countOf(gateways, facts.gateways) >= 1) &&
    (!dnsServers || countOf(dnsServers, facts.dnsServers) >= least) &&
    (!subnets || subnets.some((subnet) => facts.addresses.some((address) => isIn(address, subnet)))) &&
    (!dnsNames || dnsNames.some((name) => facts.dnsNames.includes(name))) &&
    (!beacon || facts.beacons.some(({ address, pin }) => address === beacon.address && pin === beacon.pin))
  );
}

/** How many of the wanted addresses are there, however they are written. */
function countOf(wanted: readonly string[], found: readonly string[]): number {
  const there = new Set(found.filter((address) => ipaddr.isValid(address)).map(plain));
  return new Set(wanted.map(plain).filter((address) => there.has(address))).size;
}

function plain(address: string): string {
  return ipaddr.process(address).toNormalizedString();
}

function isIn(address: string, subnet: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const one = ipaddr.process(address);
  const [network, bits] = ipaddr.parseCIDR(subnet);
  return one.kind() === network.kind() && one.match(network, bits);
}
