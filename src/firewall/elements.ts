import ipaddr from 'ipaddr.js';
import type { AccessEntry, PortRange, Protocol } from '../policy/parts/access-entry.ts';
import { ALL_PORTS, formatRange, mergeRanges, subtractRanges } from './port-ranges.ts';

export const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'icmp'];

/** The elements of the two sets that hold the subnets of one family: with every protocol, and with protocol and ports. */
export interface Elements {
  any: string[];
  ports: string[];
}

/** What is open, or closed, to one subnet. */
interface Box {
  cidr: string;
  first: bigint;
  last: bigint;
  any: boolean;
  ports: Record<Protocol, PortRange[]>;
}

/**
 * The subnets of a list as elements no two of which overlap, because nftables refuses a concatenation that does.
 * Subnets lie side by side or one inside the other, so it is enough to take from each what those around it have already.
 */
export function subnetElements(entries: readonly AccessEntry[], family: 4 | 6): Elements {
  const elements: Elements = { any: [], ports: [] };
  const around: Box[] = [];
  for (const box of boxes(entries, family)) {
    while (around.length > 0 && (around.at(-1)?.last ?? 0n) < box.first) around.pop();
    const outer = around.at(-1);
    if (outer?.any) continue;
    if (box.any) elements.any.push(box.cidr);
    for (const protocol of box.any ? [] : PROTOCOLS) {
      const taken = outer?.ports[protocol] ?? [];
      for (const range of subtractRanges(box.ports[protocol], taken))
        elements.ports.push(`${box.cidr} . ${protocolName(protocol, family)} . ${formatRange(range)}`);
      box.ports[protocol] = mergeRanges([...taken, ...box.ports[protocol]]);
    }
    around.push(box);
  }
  return elements;
}

export function protocolName(protocol: Protocol, family: 4 | 6): string {
  return protocol === 'icmp' && family === 6 ? 'ipv6-icmp' : protocol;
}

/** One box a subnet, outer ones before those inside them. */
function boxes(entries: readonly AccessEntry[], family: 4 | 6): Box[] {
  const found = new Map<string, Box>();
  for (const { target, protocol, ports } of entries) {
    if (target.kind !== 'subnet' || target.family !== family) continue;
    const box = found.get(target.cidr) ?? boxOf(target.cidr);
    found.set(target.cidr, box);
    if (protocol === undefined) box.any = true;
    else box.ports[protocol] = mergeRanges([...box.ports[protocol], ...(ports ?? ALL_PORTS)]);
  }
  return [...found.values()].sort((a, b) => order(a.first, b.first) || order(b.last, a.last));
}

function boxOf(cidr: string): Box {
  const [address, prefix] = ipaddr.parseCIDR(cidr);
  const bytes = address.toByteArray();
  const first = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const last = first + (1n << BigInt(bytes.length * 8 - prefix)) - 1n;
  return { cidr, first, last, any: false, ports: { tcp: [], udp: [], icmp: [] } };
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
