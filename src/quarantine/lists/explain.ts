import ipaddr from 'ipaddr.js';
import { type AccessEntry, formatEntry, nameText, type Protocol } from '../../policy/parts/access-entry.ts';
import { type Subnets, USUAL_SUBNETS } from '../subnets.ts';
import type { AccessList } from './access-list.ts';
import { alwaysClosed, NOBODY } from './always-closed.ts';
import { PINNED, pinnedNames } from './pinned.ts';
import { PRINTING_PORTS } from './printing.ts';

/** A place on the network that somebody asks about. */
export interface Destination {
  host: string;
  protocol: Protocol;
  port?: number;
}

export interface Explanation {
  allowed: boolean;
  /** The entry, the exception or the mode that decides, as the policy writes it. */
  rule: string;
}

/**
 * Whether a list lets a machine reach a destination, and by which rule: the same rule the packet filter has.
 * `names` has the addresses that the names of the list stand for now, which are synthetic ones of a pinned name, and
 * under `name/24` the subnets around them; a destination by name matches its entry too.
 * Without `ipv6` the machine has no network of that family; `subnets` are its own, the usual ones where it does not run.
 */
export function explain(
  list: AccessList,
  to: Destination,
  names: ReadonlyMap<string, readonly string[]>,
  { ipv6 = true, subnets = USUAL_SUBNETS }: { ipv6?: boolean; subnets?: Subnets } = {},
): Explanation {
  if (!ipv6 && ipaddr.IPv6.isValid(to.host)) return { allowed: false, rule: 'the machine has no IPv6' };
  if (isMapped(to.host)) return { allowed: false, rule: NOBODY };
  const closed = alwaysClosed(subnets).find(([cidr]) => isIn(to.host, cidr));
  if (closed) return { allowed: false, rule: closed[1] };
  const pinned = pinnedNames(list);
  if (pinned.length > 0 && isSynthetic(to.host) && !pinned.some((name) => names.get(name)?.includes(to.host)))
    return { allowed: false, rule: 'always closed: no pinned name has this address now' };
  const entry = list.entries.find((candidate) => matches(candidate, to, names));
  if (list.mode === 'blacklist') {
    return entry ? { allowed: false, rule: formatEntry(entry) } : { allowed: true, rule: 'blacklist: not listed' };
  }
  if (entry) return { allowed: true, rule: formatEntry(entry) };
  if (list.exceptions.has('icmp') && to.protocol === 'icmp') return { allowed: true, rule: 'exception: icmp' };
  if (list.exceptions.has('dns') && to.protocol !== 'icmp' && to.port === 53)
    return { allowed: true, rule: 'exception: dns' };
  if (list.exceptions.has('printers') && isPrinting(to)) return { allowed: true, rule: 'exception: printers' };
  return { allowed: false, rule: 'whitelist: not listed' };
}

function matches(entry: AccessEntry, to: Destination, names: ReadonlyMap<string, readonly string[]>): boolean {
  if (entry.protocol !== undefined && entry.protocol !== to.protocol) return false;
  const { port } = to;
  if (entry.ports && !entry.ports.some((range) => port !== undefined && port >= range.from && port <= range.to))
    return false;
  const { target } = entry;
  if (target.kind === 'subnet') return isIn(to.host, target.cidr);
  if (target.bits !== undefined && names.get(nameText(target))?.some((cidr) => isIn(to.host, cidr))) return true;
  return target.name === to.host.toLowerCase().replace(/\.$/, '') || (names.get(target.name) ?? []).includes(to.host);
}

function isPrinting({ protocol, port }: Destination): boolean {
  return protocol !== 'icmp' && PRINTING_PORTS[protocol].some((each) => each === port);
}

/** An IPv6 address that stands for an IPv4 one: no packet goes there. */
function isMapped(host: string): boolean {
  return ipaddr.IPv6.isValid(host) && ipaddr.IPv6.parse(host).isIPv4MappedAddress();
}

function isSynthetic(host: string): boolean {
  return isIn(host, PINNED[4]) || isIn(host, PINNED[6]);
}

function isIn(host: string, cidr: string): boolean {
  if (!ipaddr.isValid(host)) return false;
  const address = ipaddr.process(host);
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return address.kind() === network.kind() && address.match(network, bits);
}
