import { nameText } from '../../policy/parts/access-entry.ts';
import type { AccessLists } from '../../quarantine/lists/access-list.ts';
import { pinnedNames, syntheticAddresses } from '../../quarantine/lists/pinned.ts';
import { outermost, subnetAround } from '../../quarantine/lists/subnet-around.ts';
import { answeredSet, nameSets, pinnedMap, wideSets } from '../machine/rules/list-rules.ts';
import { listed } from '../nft.ts';
import type { ListKey } from './dns-config.ts';

/** One of a machine’s lists, as it is loaded. */
interface Loaded {
  lists: AccessLists;
  list: ListKey;
  digest: string;
}

/**
 * What the names of a list stand for in the kernel, where the packets meet it, in the form that `explain` takes: addresses,
 * which are synthetic ones of pinned names, and under `name/24` subnets. `known` gives what the service has heard of a name.
 * @throws FILTER_FAILED
 */
export async function heldNames(
  enter: readonly string[],
  loaded: Loaded,
  known: (name: string) => readonly string[],
): Promise<Map<string, string[]>> {
  const { lists, list, digest } = loaded;
  const sets = nameSets(lists[list], list, digest);
  const held = await addressesInSets(enter, [...new Set(sets.values())]);
  const open = whose(sets, held, known);
  return new Map([...open, ...(await pinned(enter, loaded)), ...(await around(enter, loaded, known))]);
}

/** The synthetic addresses that lead somewhere. */
async function pinned(enter: readonly string[], { lists, list, digest }: Loaded): Promise<[string, string[]][]> {
  const names = pinnedNames(lists[list]);
  if (names.length === 0) return [];
  const parts = (await listed(enter, ['maps', 'inet'])).split(/^\tmap /m).slice(1);
  const own = parts.filter((part) => part.startsWith(`${pinnedMap(digest)}_`));
  const leading = new Set(own.flatMap((part) => elementsIn(part)));
  const synthetic = syntheticAddresses(lists);
  const of = (name: string) => Object.values(synthetic.get(name) ?? {}).flat();
  return names.map((name) => [name, of(name).filter((address) => leading.has(address))]);
}

/** Names share these sets: which subnets in them are a name’s follows from its addresses. */
async function around(
  enter: readonly string[],
  { lists, list, digest }: Loaded,
  known: (name: string) => readonly string[],
): Promise<[string, string[]][]> {
  const found: [string, string[]][] = [];
  for (const [set, names] of wideSets(lists[list], list, digest)) {
    const held = elementsIn(await listed(enter, ['set', 'inet', 'lazaret', set]));
    for (const target of names) {
      const own = known(target.name).filter((address) => !address.includes(':'));
      const subnets = own.map((address) => subnetAround(address, target.bits ?? 32));
      found.push([nameText(target), [...new Set(subnets)].filter((cidr) => isCovered(cidr, held))]);
    }
  }
  return found;
}

function isCovered(cidr: string, held: readonly string[]): boolean {
  return held.includes(cidr) || !outermost([...held, cidr]).includes(cidr);
}

/** The addresses that some sets of names hold, of both families together. @throws FILTER_FAILED */
async function addressesInSets(enter: readonly string[], sets: readonly string[]): Promise<Map<string, string[]>> {
  if (sets.length === 0) return new Map();
  const found = new Map<string, string[]>(sets.flatMap((set) => [set, answeredSet(set)]).map((name) => [name, []]));
  for (const part of (await listed(enter, ['sets', 'inet'])).split(/^\tset /m).slice(1)) {
    const set = /^(\w+)_[46] \{/.exec(part)?.[1] ?? '';
    found.get(set)?.push(...elementsIn(part));
  }
  const all = (set: string) => [...(found.get(set) ?? []), ...(found.get(answeredSet(set)) ?? [])];
  return new Map(sets.map((set) => [set, [...new Set(all(set))]]));
}

/** What nft lists of a set or a map whose elements expire: their keys. */
export function elementsIn(text: string): string[] {
  return [...text.matchAll(/([0-9a-f.:/]+) (?:timeout \S+ )?expires /g)].map(([, element = '']) => element);
}

/**
 * Which of the addresses in the sets stand for which name. One that is not known to be another’s of the same set may be
 * any name’s there: the guest was told it, and the service was not.
 */
function whose(
  sets: ReadonlyMap<string, string>,
  held: ReadonlyMap<string, readonly string[]>,
  known: (name: string) => readonly string[],
): Map<string, string[]> {
  const bySet = Map.groupBy(sets, ([, set]) => set);
  const owned = [...bySet].flatMap(([set, names]) => {
    const ofAll = new Set(names.flatMap(([name]) => known(name)));
    return names.map(([name]) => {
      const own = new Set(known(name));
      return [name, (held.get(set) ?? []).filter((address) => own.has(address) || !ofAll.has(address))] as const;
    });
  });
  return new Map(owned);
}
