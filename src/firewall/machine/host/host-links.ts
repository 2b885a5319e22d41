import ipaddr from 'ipaddr.js';
import { AppError } from '../../../lib/errors.ts';
import type { Taken } from '../../../quarantine/subnets.ts';
import { run } from '../../../sys/programs/exec.ts';

const INTERFACE = /^[^\s/"]{1,15}$/;

/** What the computer’s links lead to, but for the machines’ own. */
export interface HostLinks {
  /** The interfaces through which something can be reached over IPv4, by any table of routes. */
  routed: string[];
  /** The addresses, or subnets, by which this computer itself is reached from a machine, in order. */
  local: string[];
  /** All routes and addresses, but for those that lead everywhere or nowhere. */
  taken: Taken[];
}

/** Reads them by one program, for a service looks every two seconds. @throws NETWORK_FAILED */
export async function readHostLinks(): Promise<HostLinks> {
  // Without a family, “table all” has the routes of both; a kernel without IPv6 has none of it to tell.
  const { stdout } = await run('ip', ['-json', '-batch', '-'], { input: 'route show table all\naddress\n' });
  const [routes, links] = stdout.split('\n').map((answer) => records(answer).filter(isOthers));
  if (!routes || !links) throw new AppError('NETWORK_FAILED', 'the computer does not say what its interfaces are');
  const routed = routes.filter((route) => isIpv4(route) && isUnicast(route)).flatMap(interfacesOf);
  const local = routes.filter(({ type }) => type === 'local').map(({ dst }) => dst);
  return {
    routed: [...new Set(routed)].filter((name) => name !== 'lo'),
    local: [...new Set(local.filter((dst) => typeof dst === 'string'))].filter((dst) => !ANYBODYS.test(dst)).sort(),
    taken: [...routes.flatMap(takenBy), ...links.flatMap(addressesOf)],
  };
}

/** The kernel gives each route of IPv6 a preference, and none of IPv4; the default route says nothing else of its family. */
function isIpv4({ pref }: Record<string, unknown>): boolean {
  return pref === undefined;
}

function isUnicast({ type = 'unicast' }: Record<string, unknown>): boolean {
  return type === 'unicast';
}

/** Loopback and link-local addresses, which every computer has, and multicast ones. */
const ANYBODYS = /^(127\.|::1$|fe80:|ff)/;

/** Routes through several interfaces at once are others’ too. */
function isOthers({ dev, ifname }: Record<string, unknown>): boolean {
  return !String(dev ?? ifname).startsWith('lz-');
}

function interfacesOf({ dev, nexthops }: Record<string, unknown>): string[] {
  return [dev, ...hops(nexthops).map((hop) => hop['dev'])].filter(isInterface);
}

function takenBy(route: Record<string, unknown>): Taken[] {
  const { type = 'unicast', dst, table } = route;
  if ((type !== 'unicast' && type !== 'local') || typeof dst !== 'string' || !isSubnet(dst)) return [];
  const by = interfacesOf(route).join(', ');
  const isMain = table === undefined || table === 'main' || table === 'local';
  return [{ cidr: cidrOf(dst), by: isMain ? by : `${by} (table ${table})` }];
}

function addressesOf({ ifname, addr_info: addresses }: Record<string, unknown>): Taken[] {
  return hops(addresses).flatMap(({ local, prefixlen }) => {
    const cidr = `${local}/${prefixlen}`;
    return ipaddr.isValidCIDR(cidr) ? [{ cidr, by: String(ifname) }] : [];
  });
}

function isSubnet(dst: string): boolean {
  return ipaddr.isValid(dst) || ipaddr.isValidCIDR(dst);
}

/** An address alone as the subnet it is. */
export function cidrOf(address: string): string {
  return address.includes('/') ? address : `${address}/${address.includes(':') ? 128 : 32}`;
}

export function isInterface(name: unknown): name is string {
  return typeof name === 'string' && INTERFACE.test(name);
}

function hops(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function records(text: string): Record<string, unknown>[] {
  try {
    return hops(JSON.parse(text || '[]'));
  } catch (cause) {
    throw new AppError('NETWORK_FAILED', 'what the computer says of its interfaces cannot be read', { cause });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
