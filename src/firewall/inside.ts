import ipaddr from 'ipaddr.js';
import type { Subnets } from '../quarantine/subnets.ts';

/**
 * What no name may stand for: this host, loopback, link-local, the machine’s own links, and what is no one computer.
 * A private address is none of these: servers of an intranet are listed by name.
 */
export function inside({ guest4, uplinks4, guest6, uplinks6 }: Partial<Subnets>): string[] {
  const all = [
    ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', guest4, uplinks4, '224.0.0.0/3'],
    ...[guest6, uplinks6, '::/96', '::ffff:0:0/96', 'fe80::/10', 'ff00::/8'],
  ];
  return all.filter((cidr) => cidr !== undefined);
}

/** Where computers of an organisation are, in no one else’s sight. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];

/** Whether an answer with this address points inside, as what is no address does. */
export function pointsInside(address: string, subnets: Partial<Subnets>): boolean {
  return !ipaddr.isValid(address) || isWithin(ipaddr.parse(address), inside(subnets));
}

/** Whether a subnet of a list has private addresses in it. */
export function hasPrivate(cidr: string): boolean {
  const [first, bits] = ipaddr.parseCIDR(cidr);
  const isAround = PRIVATE.some((other) => {
    const [address, otherBits] = ipaddr.parseCIDR(other);
    return address.kind() === first.kind() && otherBits >= bits && address.match(first, bits);
  });
  return isAround || isWithin(first, PRIVATE);
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, cidrs: readonly string[]): boolean {
  return cidrs.some((cidr) => {
    const [network, bits] = ipaddr.parseCIDR(cidr);
    return network.kind() === address.kind() && address.match(network, bits);
  });
}
