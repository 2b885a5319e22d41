import ipaddr from 'ipaddr.js';

/** The links between machines and their computer, a /30 and a /126 for each; no two computers’ meet. */
export const UPLINKS = '10.213.0.0/16';
export const UPLINKS6 = 'fd21:3::/32';

const LINK_LOCAL = 'always closed: link-local addresses';
const OWN_LINK = 'always closed: the machine’s own link, where nobody else is';
const TO_COMPUTER = 'always closed: the machines’ links to their computer';
/** Why an address of none is closed. */
export const NOBODY = 'always closed: addresses that no computer has';

/** What the packet filter closes before any list is looked at, in the order of its rules. */
const FILTERED: readonly [cidr: string, why: string][] = [
  [UPLINKS, TO_COMPUTER],
  ['169.254.0.0/16', LINK_LOCAL],
  [UPLINKS6, TO_COMPUTER],
  ['::/96', NOBODY],
  ['::ffff:0:0/96', NOBODY],
  ['fe80::/10', LINK_LOCAL],
  ['ff00::/8', 'always closed: multicast addresses'],
];

/**
 * Where no machine leads, whatever its list says: machines’ own links, and addresses that mean another place on each link. To
 * its own link no packet leaves a machine, so the filter needs no rule for that.
 */
export const ALWAYS_CLOSED: readonly [cidr: string, why: string][] = [
  ...FILTERED,
  ['10.77.0.0/24', OWN_LINK],
  ['fd77::/64', OWN_LINK],
];

/** What the packet filter closes, by family. */
export const CLOSED_BY_FILTER = {
  4: FILTERED.map(([cidr]) => cidr).filter((cidr) => !cidr.includes(':')),
  6: FILTERED.map(([cidr]) => cidr).filter((cidr) => cidr.includes(':')),
} as const;

/** Why nothing of a subnet can be reached, whatever a list says of it. */
export function whyClosed(cidr: string): string | undefined {
  const [first, bits] = ipaddr.parseCIDR(cidr);
  return ALWAYS_CLOSED.find(([around]) => {
    const [network, bitsAround] = ipaddr.parseCIDR(around);
    return network.kind() === first.kind() && bitsAround <= bits && first.match(network, bitsAround);
  })?.[1];
}
