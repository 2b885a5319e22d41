import { getServers } from 'node:dns';
import { networkInterfaces } from 'node:os';
import { readIfThere } from '../files/files.ts';
import { readKernelFile } from '../files/kernel.ts';

const RESOLV_CONF = '/etc/resolv.conf';
const MAX_FILE_BYTES = 64 << 10;

/** What this computer’s network tells it, by address and name. */
export interface NetworkFacts {
  gateways: string[];
  dnsServers: string[];
  addresses: string[];
  dnsNames: string[];
}

/** Reads it from the kernel and from resolv.conf: no program is run, so that it may be read every few seconds. */
export async function readNetworkFacts(isOurs: (name: string) => boolean): Promise<NetworkFacts> {
  const [v4 = '', v6 = '', resolv] = await Promise.all([
    readKernelFile('/proc/self/net/route'),
    readKernelFile('/proc/self/net/ipv6_route'),
    readIfThere(RESOLV_CONF, MAX_FILE_BYTES),
  ]);
  const cards = Object.entries(networkInterfaces()).filter(([name]) => !isOurs(name));
  const addresses = cards.flatMap(([, found = []]) => found.filter(({ internal }) => !internal));
  return {
    gateways: [...gateways4(v4), ...gateways6(v6)].sort(),
    dnsServers: getServers().map((server) => server.replace(/^\[(.*)\]:\d+$/, '$1')),
    addresses: addresses.map(({ address }) => address).sort(),
    dnsNames: searchNames(resolv?.toString('utf8') ?? ''),
  };
}

/** All addresses of this computer’s cards but loopback, in the form of no zone. */
export function networkAddresses(): string[] {
  const found = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return unique(found.filter(({ internal }) => !internal).map(({ address }) => address)).sort();
}

/** The gateways of the default routes in /proc/net/route: hexadecimal, in the order of the machine’s memory. */
export function gateways4(text: string): string[] {
  const rows = text.split('\n').map((line) => line.split('\t'));
  const found = rows.flatMap(([, destination, gateway = '']) =>
    destination === '00000000' && /^[0-9A-F]{8}$/.test(gateway) && gateway !== '00000000' ? [gateway] : [],
  );
  return unique(found.map((hex) => [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.')));
}

/** The gateways of the default routes in /proc/net/ipv6_route. */
export function gateways6(text: string): string[] {
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
  const found = rows.flatMap(([destination, bits, , , gateway = '']) =>
    /^0{32}$/.test(destination ?? '') && bits === '00' && /^[0-9a-f]{32}$/.test(gateway) && !/^0+$/.test(gateway)
      ? [gateway]
      : [],
  );
  return unique(found.map((hex) => (hex.match(/.{4}/g) ?? []).join(':')));
}

/** The names that resolv.conf completes others with: those of its last `search` or `domain` line, in small letters. */
export function searchNames(text: string): string[] {
  const lines = text.split('\n').flatMap((line) => /^\s*(?:search|domain)\s+(.*)$/.exec(line)?.[1] ?? []);
  const words = lines.at(-1)?.trim().split(/\s+/) ?? [];
  return words.map((word) => word.toLowerCase().replace(/\.$/, '')).filter((word) => word !== '');
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
