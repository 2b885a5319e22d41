import ipaddr from 'ipaddr.js';
import { AppError } from '../../lib/errors.ts';
import type { Taken } from '../../quarantine/subnets.ts';
import { run } from '../../sys/programs/exec.ts';

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

/** @throws NETWORK_FAILED */
export async function readHostLinks(): Promise<HostLinks> {
  const of = async (family: string) => {
    const asked = ['-json', family, 'route', 'show', 'table', 'all'];
    // A kernel may have no IPv6 at all.
    const { stdout, exitCode } = await run('ip', asked, { allow: family === '-6' ? [1, 2] : [] });
    return records(exitCode === 0 ? stdout : '').filter(isOthers);
  };
  const [routes4, routes6, addresses] = await Promise.all([of('-4'), of('-6'), run('ip', ['-json', 'address'])]);
  const links = records(addresses.stdout).filter(isOthers);
  const routed = routes4.filter(({ type = 'unicast' }) => type === 'unicast').flatMap(interfacesOf);
  const local = [...routes4, ...routes6].filter(({ type }) => type === 'local').map(({ dst }) => dst);
  return {
    routed: [...new Set(routed)].filter((name) => name !== 'lo'),
    local: [...new Set(local.filter((dst) => typeof dst === 'string'))].filter((dst) => !ANYBODYS.test(dst)).sort(),
    taken: [...[...routes4, ...routes6].flatMap(takenBy), ...links.flatMap(addressesOf)],
  };
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

/** All interfaces. @throws NETWORK_FAILED */
export async function interfaces(): Promise<string[]> {
  const { stdout } = await run('ip', ['-json', 'link']);
  return records(stdout)
    .map(({ ifname }) => ifname)
    .filter((name) => typeof name === 'string');
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
