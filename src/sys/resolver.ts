import { Resolver } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { AppError } from '../lib/errors.ts';
import { readIfThere } from './files.ts';

/** Where the addresses of the computer’s own resolvers are written, most telling first. */
const RESOLVER_FILES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];
const MAX_FILE_BYTES = 64 << 10;
const MAX_RESOLVERS = 3;

/**
 * The IPv4 addresses of the resolvers this computer uses, at most three. A stub on a loopback address cannot be
 * reached from a machine’s namespace, so a file that names only those gives way to the next. May be empty.
 */
export async function upstreamResolvers(files: readonly string[] = RESOLVER_FILES): Promise<string[]> {
  for (const file of files) {
    const found = parseResolvers((await readIfThere(file, MAX_FILE_BYTES))?.toString('utf8') ?? '');
    if (found.length > 0) return found;
  }
  return [];
}

/** The `nameserver` lines of a resolv.conf that name an IPv4 address other than loopback, each once. */
export function parseResolvers(text: string): string[] {
  const named = text.split('\n').map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? '');
  const usable = named.filter((address) => isIPv4(address) && !/^(127|0)\./.test(address));
  return [...new Set(usable)].slice(0, MAX_RESOLVERS);
}

/** The addresses of a name. Either list may be empty. */
export interface Addresses {
  v4: string[];
  v6: string[];
}

/**
 * Asks the given resolvers for the addresses of a name, within `timeoutMs`. A name without addresses of a family gives an empty list.
 * @throws FETCH_FAILED when no resolver gives an answer
 */
export async function lookUp(name: string, resolvers: readonly string[], timeoutMs: number): Promise<Addresses> {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1, maxTimeout: timeoutMs });
  resolver.setServers(resolvers);
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  if (v4.status === 'rejected' && v6.status === 'rejected')
    throw new AppError('FETCH_FAILED', `${name} does not resolve`, { cause: v4.reason, details: { name } });
  return { v4: v4.status === 'fulfilled' ? v4.value : [], v6: v6.status === 'fulfilled' ? v6.value : [] };
}
