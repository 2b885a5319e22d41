import { formatEntry } from '../../policy/parts/access-entry.ts';
import type { Quarantine } from '../../policy/quarantine.ts';
import type { Doubt } from '../../policy/reading/warning.ts';
import { inZone, zonesOf } from '../zones.ts';
import { accessLists } from './access-list.ts';
import { whyClosed } from './always-closed.ts';

/** The entries of whitelists that open nothing, because no machine reaches what they name; one sentence each. */
export function unreachableDoubts(quarantine: Quarantine): Doubt[] {
  const all = [quarantine, ...zonesOf(quarantine).map((zone) => inZone(quarantine, zone))];
  const both = all.map((each) => accessLists(each)).flatMap(({ normal, restricted }) => [normal, restricted]);
  const lists = both.filter(({ mode }) => mode === 'whitelist');
  const doubts = lists.flatMap(({ entries }) =>
    entries.flatMap((entry): [string, Doubt][] => {
      const why = entry.target.kind === 'subnet' ? whyClosed(entry.target.cidr) : undefined;
      if (why === undefined) return [];
      const shown = formatEntry(entry);
      const text = `the list has ${shown}, which no machine reaches: ${why}`;
      return [[text, { code: 'never-reached', text, parts: { entry: shown } }]];
    }),
  );
  return [...new Map(doubts).values()];
}
