import { NODATA, NOTFOUND, REFUSED, Resolver, SERVFAIL } from 'node:dns/promises';
import { isIP } from 'node:net';
import { readIfThere } from '../files/files.ts';
import { askable } from './zoned-resolvers.ts';

const MAX_FILE_BYTES = 64 << 10;
/** As many as the C library heeds. */
const MAX_RESOLVERS = 3;

/** Who is asked for names: whoever a file says at the moment, in resolv.conf(5)’s form, or always the same addresses. */
export type Resolvers = { file: string } | { addresses: readonly string[] };

/** Those that this computer’s own programs ask, a stub on loopback included. */
export const OWN_RESOLVERS: Resolvers = { file: '/etc/resolv.conf' };

/** The addresses of the resolvers as they are now, in the order they are asked in, at most three. May be none. */
export async function resolversNow(resolvers: Resolvers): Promise<readonly string[]> {
  if ('addresses' in resolvers) return resolvers.addresses;
  return parseResolvers((await readIfThere(resolvers.file, MAX_FILE_BYTES))?.toString('utf8') ?? '');
}

/** The addresses that the `nameserver` lines of a resolv.conf name, each once. */
export function parseResolvers(text: string): string[] {
  const named = text.split('\n').map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? '');
  return [...new Set(named.filter((address) => isIP(address) !== 0))].slice(0, MAX_RESOLVERS);
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
  const resolver = await resolverOf(resolvers, timeoutMs);
  const [v4, v6] = await Promise.all([resolver.resolve4(name).catch(whyNot), resolver.resolve6(name).catch(whyNot)]);
  return { v4, v6 };
}

/** Whether one of these resolvers answers at all, whatever it says. */
export async function answersAtAll(resolvers: readonly string[], timeoutMs: number): Promise<boolean> {
  if (resolvers.length === 0) return false;
  const resolver = await resolverOf(resolvers, timeoutMs);
  const failure = await resolver.resolveNs('.').then(() => undefined, whyNot);
  return failure !== 'no-answer';
}

/** The addresses in an answer; a family that has none, or failed, gives none. */
export function addressesIn({ v4, v6 }: Answers): string[] {
  return [v4, v6].flatMap((found) => (typeof found === 'string' ? [] : found));
}

async function resolverOf(resolvers: readonly string[], timeoutMs: number): Promise<Resolver> {
  const onceMs = timeoutMs / 2;
  const resolver = new Resolver({ timeout: onceMs, tries: 2, maxTimeout: onceMs });
  resolver.setServers(await askable(resolvers));
  return resolver;
}

function whyNot(error: unknown): string[] | LookupFailure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === NODATA) return [];
  if (code === NOTFOUND) return 'no-such-name';
  if (code === REFUSED) return 'refused';
  return code === SERVFAIL ? 'server-failed' : 'no-answer';
}
