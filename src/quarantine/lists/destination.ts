import type { Protocol } from '../../policy/parts/access-entry.ts';
import type { Destination } from './explain.ts';

/**
 * Reads `HOST:PORT`, `[IPV6]:PORT`, or `HOST` for icmp. Returns undefined when it is none of these.
 */
export function parseDestination(text: string, protocol: Protocol): Destination | undefined {
  if (protocol === 'icmp')
    return /^[^\s/]{1,253}$/.test(text) ? { host: text.replace(/^\[(.*)\]$/, '$1'), protocol } : undefined;
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]{1,253})):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host !== undefined && port >= 1 && port <= 65535 ? { host, protocol, port } : undefined;
}
