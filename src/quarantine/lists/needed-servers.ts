import { type AccessEntry, parseEntry } from '../../policy/parts/access-entry.ts';
import type { ZoneDescription } from '../../policy/zones.ts';

/** What the service needs of the network itself: the servers of policies and packages, and the beacons that zones are known by. */
export interface ServiceNeeds {
  servers: readonly { host: string; port: number }[];
  zones: readonly { when: ZoneDescription }[];
}

/** The same as entries, each of one server and port. */
export function neededServers({ servers, zones }: ServiceNeeds): AccessEntry[] {
  const beacons = zones.flatMap(({ when }) => (when.beacon ? [hostAndPort(when.beacon.address)] : []));
  const texts = [...servers, ...beacons].map(({ host, port }) => `${host} tcp ${port}`);
  return [...new Set(texts)].map(parseEntry).filter((entry) => typeof entry !== 'string');
}

function hostAndPort(address: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return { host, port: Number(port) };
}
