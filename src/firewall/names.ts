import { AppError } from '../lib/errors.ts';
import type { AccessLists } from '../quarantine/access-list.ts';
import type { Log } from '../sys/log.ts';
import { type Addresses, lookUp } from '../sys/resolver.ts';
import { nameSets } from './list-rules.ts';
import { loadRules } from './nft.ts';

const REFILL_EVERY_MS = 300_000;
const LOOKUP_TIMEOUT_MS = 3000;
const AT_ONCE = 16;
/** What one name may put into a set at a time. */
const MAX_ADDRESSES = 100;

/** Names that could not be looked up, so that each loses only itself. */
export interface Refilled {
  resolved: number;
  failed: string[];
}

/**
 * Looks up every name of both lists and writes the addresses to the sets of that digest, where they stay reachable
 * (or closed) without the guest’s asking again. Names not yet looked up when `signal` fires are left out.
 * @throws FILTER_FAILED when the sets are not there
 */
export async function refillNames(
  enter: readonly string[],
  lists: AccessLists,
  digest: string,
  resolvers: readonly string[],
  signal: AbortSignal,
): Promise<Refilled> {
  const sets = [nameSets(lists.normal, 'normal', digest), nameSets(lists.restricted, 'restricted', digest)];
  const names = [...new Set(sets.flatMap((ofList) => [...ofList.keys()]))];
  const found = resolvers.length === 0 ? new Map<string, Addresses>() : await lookUpAll(names, resolvers, signal);
  const commands = sets.flatMap((ofList) =>
    [...ofList].flatMap(([name, set]) => refill(set, found.get(name) ?? { v4: [], v6: [] })),
  );
  if (commands.length > 0) await loadRules(enter, `${commands.join('\n')}\n`);
  return { resolved: found.size, failed: names.filter((name) => !found.has(name)) };
}

/** Refills now and then until `signal` fires, so that listed addresses stay open, or closed, though the guest does not ask. */
export async function keepRefilled(refill: () => Promise<void>, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await refill();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.warn({ error: error.message }, 'cannot refill the sets of names');
    }
    const timer = AbortSignal.timeout(REFILL_EVERY_MS);
    await aborted(AbortSignal.any([signal, timer]));
  }
}

async function lookUpAll(
  names: readonly string[],
  resolvers: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Addresses>> {
  const found = new Map<string, Addresses>();
  const queue = names.values();
  const worker = async () => {
    for (const name of queue) {
      if (signal.aborted) return;
      const addresses = await lookUpOne(name, resolvers);
      if (addresses && !signal.aborted) found.set(name, addresses);
    }
  };
  const work = Promise.all(Array.from({ length: AT_ONCE }, worker));
  await Promise.race([work, aborted(signal)]);
  return new Map(found);
}

async function lookUpOne(name: string, resolvers: readonly string[]): Promise<Addresses | undefined> {
  try {
    return await lookUp(name, resolvers, LOOKUP_TIMEOUT_MS);
  } catch (error) {
    if (error instanceof AppError && error.code === 'FETCH_FAILED') return undefined;
    throw error;
  }
}

/** Adding alone does not move the timeout of what is there already on every kernel. */
function refill(set: string, { v4, v6 }: Addresses): string[] {
  return ([4, 6] as const).flatMap((family) => {
    const addresses = (family === 4 ? v4 : v6).slice(0, MAX_ADDRESSES);
    const elements = `inet lazaret ${set}_${family} { ${addresses.join(', ')} }`;
    return addresses.length === 0 ? [] : ['add', 'delete', 'add'].map((verb) => `${verb} element ${elements}`);
  });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
