import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { AccessSection } from './parts/access-section.ts';

const MAX_ZONES = 32;
const MAX_MEMBERS = 100;

const Address = z.string().refine((text) => ipaddr.isValid(text) && !text.includes('%'), 'is not an address');
const Subnet = z.string().refine((text) => ipaddr.isValidCIDR(text), 'is not a subnet such as 10.1.0.0/16');
const DnsName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/, 'is not a name in small letters');

/** A TLS server that only this zone has: whoever holds the pinned key answers, and nobody else can. */
export const Beacon = z.strictObject({
  address: z.string().regex(/^(\[[0-9a-f:]+\]|[a-z0-9._-]{1,253}):\d{1,5}$/, 'is not HOST:PORT'),
  /** SHA-256 of its public key (SubjectPublicKeyInfo, DER) in hexadecimal. */
  pin: z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in hexadecimal'),
});
export type Beacon = z.infer<typeof Beacon>;

/** How a zone is known: each criterion that is given must hold, and of its members one (ACE 1.0 pp. 235-237). */
export const ZoneDescription = z
  .strictObject({
    gateways: z.array(Address).min(1).max(MAX_MEMBERS).exactOptional(),
    dnsServers: z.array(Address).min(1).max(MAX_MEMBERS).exactOptional(),
    /** Of the DNS servers at least so many, not just one (ACE 1.0 p. 237). */
    minDnsServersToMatch: z.int().min(1).max(MAX_MEMBERS).exactOptional(),
    /** The computer has an address in one of them. */
    subnets: z.array(Subnet).min(1).max(MAX_MEMBERS).exactOptional(),
    /** The names that the network tells the computer to complete others with. */
    dnsNames: z.array(DnsName).min(1).max(MAX_MEMBERS).exactOptional(),
    beacon: Beacon.exactOptional(),
  })
  .refine(
    ({ gateways, dnsServers, subnets, dnsNames, beacon }) =>
      [gateways, dnsServers, subnets, dnsNames, beacon].some((criterion) => criterion !== undefined),
    'needs a criterion: without one it would match every network',
  )
  .refine(
    ({ minDnsServersToMatch: least, dnsServers = [] }) => least === undefined || least <= dnsServers.length,
    'asks for more DNS servers than it names',
  );
export type ZoneDescription = z.infer<typeof ZoneDescription>;

/** The criteria of a zone for people, each with the members of which one, or as many as are asked for, must be there. */
export function zoneCriteria(when: ZoneDescription): [what: string, members: readonly string[]][] {
  const { gateways, dnsServers, minDnsServersToMatch: least = 1, subnets, dnsNames, beacon } = when;
  const servers = least > 1 ? `${least} of the DNS servers` : 'the DNS server';
  const criteria: [string, readonly string[] | undefined][] = [
    ['the gateway', gateways],
    [servers, dnsServers],
    ['an address in', subnets],
    ['the name', dnsNames],
    ['the beacon', beacon && [beacon.address]],
  ];
  return criteria.flatMap(([what, members]) => (members ? [[what, members]] : []));
}

export const ZoneName = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u, 'is not a name for a zone');

/** Other lists for a machine while its computer is on a network that is described. A list that is not given stays as it is. */
export const Zone = z.strictObject({
  name: ZoneName,
  when: ZoneDescription,
  normal: AccessSection.exactOptional(),
  restricted: AccessSection.exactOptional(),
});
export type Zone = z.infer<typeof Zone>;

/** In this order: the first that fits is the computer’s zone (ACE 1.0 p. 239). */
export const Zones = z
  .array(Zone)
  .max(MAX_ZONES)
  .refine((zones) => new Set(zones.map(({ name }) => name)).size === zones.length, 'has a zone twice');
