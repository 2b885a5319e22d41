import { AppError } from '../../lib/errors.ts';
import { run } from '../../sys/programs/exec.ts';

const INTERFACE = /^[^\s/"]{1,15}$/;

/** The interfaces through which something can be reached by any table of routes, but for the machines’ own. @throws NETWORK_FAILED */
export async function routedInterfaces(): Promise<string[]> {
  const { stdout } = await run('ip', ['-json', '-4', 'route', 'show', 'table', 'all']);
  const routes = records(stdout).filter(({ type = 'unicast' }) => type === 'unicast');
  const names = routes.flatMap(({ dev, nexthops }) => [dev, ...hops(nexthops).map((hop) => hop['dev'])]);
  return [...new Set(names.filter(isInterface))].filter((name) => name !== 'lo' && !name.startsWith('lz-'));
}

/** All interfaces. @throws NETWORK_FAILED */
export async function interfaces(): Promise<string[]> {
  const { stdout } = await run('ip', ['-json', 'link']);
  return records(stdout)
    .map(({ ifname }) => ifname)
    .filter((name) => typeof name === 'string');
}

/** The addresses, or subnets, by which this computer itself is reached from a machine, in order. @throws NETWORK_FAILED */
export async function localAddresses(): Promise<string[]> {
  const texts: string[] = [];
  for (const family of ['-4', '-6']) {
    const asked = ['-json', family, 'route', 'show', 'table', 'local', 'type', 'local'];
    // Where no address of this family is up there is no such table, and half a list before the complaint.
    const { stdout, exitCode } = await run('ip', asked, { allow: [1, 2] });
    texts.push(exitCode === 0 ? stdout : '');
  }
  const found = texts.flatMap((text) => records(text).map(({ dst }) => dst));
  const addresses = found.filter((dst) => typeof dst === 'string');
  return [...new Set(addresses)].filter((dst) => !/^(127\.|10\.213\.|fd21:3:|::1$|fe80:|ff)/.test(dst)).sort();
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
