import { type AccessEntry, parseEntry } from '../policy/access-entry.ts';
import { directoryAddress } from '../policy/policy-server.ts';
import type { ZoneDescription } from '../policy/zones.ts';

const PORTS: Record<string, string> = { 'http:': '80', 'https:': '443' };

/** What the service needs of the network itself: where policies and packages are, and the beacons that zones are known by. */
export interface ServiceNeeds {
  addresses: readonly (string | undefined)[];
  zones: readonly { when: ZoneDescription }[];
}

/** The same as entries, each of one server and port. An address that leads to no server is none. */
export function neededServers({ addresses, zones }: ServiceNeeds): AccessEntry[] {
  const ofZones = zones.map(({ when }) => when.beacon?.address);
  const servers = [...addresses.map((address) => address && serverOf(address)), ...ofZones];
  return [...new Set(servers)].flatMap((server) => {
    const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(server ?? '') ?? [];
    const entry = host === '' ? 'is no server' : parseEntry(`${host} tcp ${port}`);
    return typeof entry === 'string' ? [] : [entry];
  });
}

/** `HOST:PORT` of a web server or a directory. */
function serverOf(address: string): string | undefined {
  const directory = directoryAddress(address);
  if (directory) return `${directory.host}:${directory.port}`;
  const url = URL.parse(address);
  const usual = url && PORTS[url.protocol];
  return usual === undefined || usual === null ? undefined : `${url?.hostname}:${url?.port || usual}`;
}
