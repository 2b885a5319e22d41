import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { AppError } from '../lib/errors.ts';
import type { Subnets } from '../quarantine/subnets.ts';

/** The guest’s router, as it advertises itself. */
export const ROUTER6 = 'fe80::1';
/** Machine number N has the N-th four addresses of its subnet of uplinks. */
export const MAX_NUMBER = 16_383;

/** The ports where the namespace’s helper answers questions for names while one of the lists is in force. */
export const DNS_PORTS = { normal: 5353, restricted: 5354 } as const;
/** Where the helpers ask: on the namespace’s loopback, which no guest reaches. */
export const FORWARDER = { address: '127.0.0.1', port: 5355 } as const;

/** Where a guest finds its printer at its gateway: the port of the Internet Printing Protocol. */
export const PRINTER_PORT = 631;

const MAX_UID = 0xffff_fffe;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** What a machine’s network is called: derived from its id, because an interface’s name has 15 characters at most. */
export interface NetworkNames {
  namespace: string;
  /** The host’s end of the link to the namespace. */
  uplink: string;
}

export function networkNames(id: string): NetworkNames {
  const short = createHash('sha256').update(id).digest('hex').slice(0, 8);
  return { namespace: `lazaret-${short}`, uplink: `lz-${short}` };
}

/** The ends of the link between a guest and its computer’s side, in both families. */
export interface GuestAddresses {
  gateway: string;
  guest: string;
  gateway6: string;
  guest6: string;
}

/** Inside every machine’s namespace they are the same where the subnets are; no two namespaces see each other. */
export function guestAddresses({ guest4, guest6 }: Subnets): GuestAddresses {
  const [net = ''] = guest4.split('0/');
  const [net6 = ''] = guest6.split('/');
  return { gateway: `${net}1`, guest: `${net}2`, gateway6: `${net6}1`, guest6: `${net6}2` };
}

/** A network card of a guest, and the addresses that it may have. */
export interface GuestCard {
  mac: string;
  ip: string;
  ip6: string;
}

/** A guest’s cards, the first one first: each has an address of its own, one behind the other. */
export function guestCards(macs: readonly string[], subnets: Subnets): GuestCard[] {
  const { guest, guest6 } = guestAddresses(subnets);
  const last = (address: string, at: number) => address.replace(/2$/, `${2 + at}`);
  return macs.map((mac, at) => ({ mac, ip: last(guest, at), ip6: last(guest6, at) }));
}

/** The ends of a machine’s uplink, in both families. */
export interface UplinkAddresses {
  host: string;
  inside: string;
  host6: string;
  inside6: string;
}

/** Those of machine number N, in a /30 and a /126 of its subnets. @throws NETWORK_FAILED when out of range */
export function uplinkAddresses(number: number, { uplinks4, uplinks6 }: Subnets): UplinkAddresses {
  if (!Number.isInteger(number) || number < 0 || number > MAX_NUMBER)
    throw new AppError('NETWORK_FAILED', `machine number ${number} is not in 0-${MAX_NUMBER}`);
  const first = number * 4;
  const [net = ''] = uplinks4.split('0.0/');
  const at = (offset: number) => `${net}${(first + offset) >> 8}.${(first + offset) & 255}`;
  const net6 = `${uplinks6.split(':/')[0]}${number.toString(16)}::`;
  return { host: at(1), inside: at(2), host6: `${net6}1`, inside6: `${net6}2` };
}

/** @throws NETWORK_FAILED when it is no unicast Ethernet address in small letters */
export function checkMac(mac: string): string {
  if (!MAC.test(mac) || Number.parseInt(mac.slice(0, 2), 16) & 1)
    throw new AppError('NETWORK_FAILED', `${mac} is not a network card’s address`);
  return mac;
}

/**
 * Refuses users that a program could not become: −1 and its like mean “as before”, which is root. Root itself will do
 * only where it is the one user there is.
 * @throws NETWORK_FAILED
 */
export function checkUsers({ uid, dnsUid }: { uid: number; dnsUid: number }): void {
  for (const user of [uid, dnsUid]) {
    if (!Number.isInteger(user) || user < 0 || user > MAX_UID)
      throw new AppError('NETWORK_FAILED', `${user} is not a user’s number`);
  }
  if ((uid === 0 || dnsUid === 0) && uid !== dnsUid)
    throw new AppError('NETWORK_FAILED', 'neither QEMU nor the helper for names may be root');
}

/** @throws NETWORK_FAILED when one is no address */
export function checkResolvers(resolvers: readonly string[]): void {
  const wrong = resolvers.find(
    (address) => !ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address),
  );
  if (wrong !== undefined) throw new AppError('NETWORK_FAILED', `${wrong} is not a resolver’s address`);
}

/** The link-local IPv6 address a card makes from its own (RFC 4291, appendix A). */
export function linkLocal(mac: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(':').map((part) => Number.parseInt(part, 16));
  const words = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  return `fe80::${words.map((word) => word.toString(16)).join(':')}`;
}
