import { listedSets } from '../../nft.ts';

/** A destination that was refused within the last ten minutes. */
export interface Denied {
  address: string;
  /** A protocol’s name, or its number where it has none. */
  protocol: string;
  port?: number;
  packets: number;
}

const SETS = ['denied4', 'denied6', 'denied_other4', 'denied_other6'];

/** What the guest was refused lately, most packets first; at most some hundred destinations. @throws FILTER_FAILED */
export async function deniedDestinations(enter: readonly string[]): Promise<Denied[]> {
  const texts = await listedSets(enter, SETS);
  return texts.flatMap(parseDenied).sort((a, b) => b.packets - a.packets);
}

/** The elements of one listing: `10.1.0.2 . 6 . 443 counter packets 3 bytes 180 expires 9m58s`. */
export function parseDenied(text: string): Denied[] {
  const element = /([0-9a-f.:]+) \. (\d+|[a-z][\w-]*)(?: \. (\d+))? counter packets (\d+) /g;
  return [...text.matchAll(element)].map(([, address = '', protocol = '', port, packets]) => ({
    address,
    protocol: PROTOCOL_NAMES[protocol] ?? protocol,
    ...(port === undefined ? {} : { port: Number(port) }),
    packets: Number(packets),
  }));
}

const PROTOCOL_NAMES: Record<string, string> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' };
