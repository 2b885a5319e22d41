import { NODATA, NOTFOUND, REFUSED, Resolver, SERVFAIL } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { readIfThere } from '../files/files.ts';

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

/** Why a resolver has told no addresses: it is away, it has trouble, it does not want to, or the name is not there. */
export type LookupFailure = 'no-answer' | 'server-failed' | 'refused' | 'no-such-name';

/** What the resolvers say of a name, by family: its addresses, which may be none, or why there is no answer. */
export interface Answers {
  v4: string[] | LookupFailure;
  v6: string[] | LookupFailure;
}

/** Asks the given resolvers for the addresses of a name, each twice and `timeoutMs` at most, one after the other. */
export async function lookUp(name: string, resolvers: readonly string[], timeoutMs: number): Promise<Answers> {
  if (resolvers.length === 0) return { v4: 'no-answer', v6: 'no-answer' };
  const onceMs = timeoutMs / 2;
  const resolver = new Resolver({ timeout: onceMs, tries: 2, maxTimeout: onceMs });
  resolver.setServers(resolvers);
  const [v4, v6] = await Promise.all([resolver.resolve4(name).catch(whyNot), resolver.resolve6(name).catch(whyNot)]);
  return { v4, v6 };
}

/** The addresses in an answer; a family that has none, or failed, gives none. */
export function addressesIn({ v4, v6 }: Answers): string[] {
  return [v4, v6].flatMap((found) => (typeof found === 'string' ? [] : found));
}

function whyNot(error: unknown): string[] | LookupFailure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === NODATA) return [];
  if (code === NOTFOUND) return 'no-such-name';
  if (code === REFUSED) return 'refused';
  return code === SERVFAIL ? 'server-failed' : 'no-answer';
}
