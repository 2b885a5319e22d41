import type { AccessLists } from '../../quarantine/lists/access-list.ts';
import { nameSets } from '../machine/rules/list-rules.ts';
import type { WrittenSet } from './dns-config.ts';

/** The addresses in a set of one family, and for how many seconds more. */
export type Held = ReadonlyMap<string, number>;

/** What a change of lists begins with. */
export interface Before {
  /** The sets that the helpers have written so far, and what those hold; `_4` and `_6` follow for the families. */
  written: ReadonlyMap<string, WrittenSet>;
  held: ReadonlyMap<string, Held>;
  /** What the service has heard of a name: it fills the new sets with that itself. */
  known: (name: string) => readonly string[];
}

/**
 * What the sets of new lists take over from those before, although the service has heard nothing of it: a guest was told it
 * and uses it still. Names share sets, so that it is not known whose such an address is. Hence a blacklist takes it when it
 * may be one of its names’, and a whitelist when it can be nobody else’s. It stays for no longer than it would have.
 */
export function carriedNames({ written, held, known }: Before, lists: AccessLists, digest: string): Map<string, Held> {
  const carried = new Map<string, Map<string, number>>();
  for (const key of ['normal', 'restricted'] as const) {
    const isWhitelist = lists[key].mode === 'whitelist';
    for (const [set, entries] of Map.groupBy(nameSets(lists[key], key, digest), ([, set]) => set)) {
      const names = new Set(entries.map(([name]) => name));
      for (const [old, { names: oldNames, isExact }] of written) {
        const mayTake = isWhitelist ? isExact && oldNames.isSubsetOf(names) : !oldNames.isDisjointFrom(names);
        if (!mayTake) continue;
        const heard = new Set([...oldNames].flatMap(known));
        for (const family of ['_4', '_6'])
          for (const [address, seconds] of held.get(old + family) ?? [])
            if (!heard.has(address)) keepLonger(carried, set + family, address, seconds);
      }
    }
  }
  return carried;
}

function keepLonger(carried: Map<string, Map<string, number>>, set: string, address: string, seconds: number): void {
  const ofSet = carried.get(set) ?? new Map<string, number>();
  carried.set(set, ofSet.set(address, Math.max(seconds, ofSet.get(address) ?? 0)));
}
