import { AppError } from '../lib/errors.ts';
import { listed, loadRules } from './nft.ts';

/** Below the size of the sets, so that the guest’s answers find room. */
const MAX_ELEMENTS = 60_000;

/**
 * Sees to it that the sets have these addresses for the whole of their time again, beside what the helpers wrote there.
 * When they do not fit, because a name’s answers without end have filled a set, the sets are emptied first: the other
 * names that share it must not suffer.
 * @throws FILTER_FAILED when a set is not there
 */
export async function refillSets(
  enter: readonly string[],
  addresses: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const filled = [...addresses].filter(([, elements]) => elements.length > 0);
  if (filled.length === 0) return;
  const added = filled.map(
    ([set, elements]) => `element inet lazaret ${set} { ${elements.slice(0, MAX_ELEMENTS).join(', ')} }\n`,
  );
  try {
    // Adding alone does not move the timeout of what is there already on every kernel.
    await loadRules(enter, added.map((element) => `add ${element}delete ${element}add ${element}`).join(''));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const emptied = filled.map(([set]) => `flush set inet lazaret ${set}\n`);
    await loadRules(enter, [...emptied, ...added.map((element) => `add ${element}`)].join(''));
  }
}

/** An address that stands for another. */
export type Mapping = readonly [synthetic: string, real: string];

/** Puts these in place of all that the maps have, for the whole of their time: nobody else writes them. @throws FILTER_FAILED */
export async function replaceMappings(
  enter: readonly string[],
  maps: ReadonlyMap<string, readonly Mapping[]>,
): Promise<void> {
  const commands = [...maps].flatMap(([map, mappings]) => {
    const elements = mappings.map(([synthetic, real]) => `${synthetic} : ${real}`).join(', ');
    const added = elements === '' ? [] : [`add element inet lazaret ${map} { ${elements} }\n`];
    return [`flush map inet lazaret ${map}\n`, ...added];
  });
  await loadRules(enter, commands.join(''));
}

/** The synthetic addresses that stand for others in a map of both families now. @throws FILTER_FAILED */
export async function mappedAddresses(enter: readonly string[], map: string): Promise<Set<string>> {
  const parts = (await listed(enter, ['maps', 'inet'])).split(/^\tmap /m).slice(1);
  const own = parts.filter((part) => part.startsWith(`${map}_`));
  return new Set(
    own.flatMap((part) =>
      [...part.matchAll(/([0-9a-f.:]+) (?:timeout \S+ )?expires \S+ : /g)].map(([, address = '']) => address),
    ),
  );
}

/** The addresses that some sets of names hold, of both families together. @throws FILTER_FAILED */
export async function addressesInSets(
  enter: readonly string[],
  sets: readonly string[],
): Promise<Map<string, string[]>> {
  const held = new Map<string, string[]>(sets.map((set) => [set, []]));
  if (sets.length === 0) return held;
  for (const part of (await listed(enter, ['sets', 'inet'])).split(/^\tset /m).slice(1)) {
    const set = /^(\w+)_[46] \{/.exec(part)?.[1] ?? '';
    for (const [, address = ''] of part.matchAll(/([0-9a-f.:]+) (?:timeout \S+ )?expires /g))
      held.get(set)?.push(address);
  }
  return held;
}

/**
 * Which of the addresses in the sets stand for which name. One that is not known to be another’s of the same set may be
 * any name’s there: the guest was told it, and the service was not.
 */
export function whose(
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
