import { nameText } from '../../policy/parts/access-entry.ts';
import type { Quarantine } from '../../policy/quarantine.ts';
import { accessLists } from '../../quarantine/lists/access-list.ts';
import { syntheticAddresses } from '../../quarantine/lists/pinned.ts';
import { subnetAround } from '../../quarantine/lists/subnet-around.ts';
import { addressesIn, lookUp, OWN_RESOLVERS, resolversNow } from '../../sys/names/resolver.ts';

const RESOLVE_MS = 3000;

/** The addresses that the lists’ names are reached under, as this computer resolves them; a name that does not resolve has none. */
export async function reachedNames(quarantine: Quarantine): Promise<Map<string, string[]>> {
  const lists = accessLists(quarantine);
  const entries = Object.values(lists).flatMap((list) => list.entries);
  const targets = entries.flatMap(({ target }) => (target.kind === 'name' ? [target] : []));
  if (targets.length === 0) return new Map();
  const resolvers = await resolversNow(OWN_RESOLVERS);
  const synthetic = syntheticAddresses(lists);
  const names = [...new Set(targets.map(({ name }) => name))];
  const looked = names.map(async (name) => [name, await lookUp(name, resolvers, RESOLVE_MS)] as const);
  const found = new Map(await Promise.all(looked));
  const reached = [...found].map(([name, answers]) => {
    const addresses = addressesIn(answers);
    const own = synthetic.get(name);
    return [name, own && addresses.length > 0 ? Object.values(own).flat() : addresses] as const;
  });
  const around = targets.flatMap((target) => {
    const { v4 = [] } = found.get(target.name) ?? {};
    const { bits } = target;
    if (bits === undefined || typeof v4 === 'string') return [];
    return [[nameText(target), v4.map((address) => subnetAround(address, bits))] as const];
  });
  return new Map([...reached, ...around]);
}
