import ipaddr from 'ipaddr.js';
import { type Subnets, USUAL_SUBNETS } from '../subnets.ts';

const LINK_LOCAL = 'always closed: link-local addresses';
const OWN_LINK = 'always closed: the machine’s own link, where nobody else is';
const TO_COMPUTER = 'always closed: the machines’ links to their computer';
/** Why an address of none is closed. */
export const NOBODY = 'always closed: addresses that no computer has';

/** What the packet filter closes before any list is looked at, in the order of its rules. */
function filtered({ uplinks4, uplinks6 }: Subnets): readonly [cidr: string, why: string][] {
  return [
    [uplinks4, TO_COMPUTER],
    ['169.254.0.0/16', LINK_LOCAL],
    [uplinks6, TO_COMPUTER],
    ['::/96', NOBODY],
    ['::ffff:0:0/96', NOBODY],
    ['fe80::/10', LINK_LOCAL],
    ['ff00::/8', 'always closed: multicast addresses'],
  ];
}

/**
 * Where a machine with these subnets does not lead, whatever its list says: its own links, and addresses that mean another place
 * on each link. To its own link no packet leaves a machine, so the filter needs no rule for that.
 */
export function alwaysClosed(subnets: Subnets): readonly [cidr: string, why: string][] {
  return [...filtered(subnets), [subnets.guest4, OWN_LINK], [subnets.guest6, OWN_LINK]];
}

/** What the packet filter closes, by family. */
export function closedByFilter(subnets: Subnets): Record<4 | 6, string[]> {
  const all = filtered(subnets).map(([cidr]) => cidr);
  return { 4: all.filter((cidr) => !cidr.includes(':')), 6: all.filter((cidr) => cidr.includes(':')) };
}

/** Why nothing of a subnet can be reached, whatever a list says of it, on a computer of which nothing is known. */
export function whyClosed(cidr: string): string | undefined {
  const [first, bits] = ipaddr.parseCIDR(cidr);
  const found = alwaysClosed(USUAL_SUBNETS).find(([around]) => {
    const [network, bitsAround] = ipaddr.parseCIDR(around);
    return network.kind() === first.kind() && bitsAround <= bits && first.match(network, bitsAround);
  });
  if (!found) return undefined;
  const [around, why] = found;
  const isOwn = Object.values(USUAL_SUBNETS).includes(around);
  return isOwn ? `${why}, unless its computer has a route or an address there itself` : why;
}
