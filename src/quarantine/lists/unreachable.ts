import { formatEntry } from '../../policy/access-entry.ts';
import type { Quarantine } from '../../policy/quarantine.ts';
import { inZone, zonesOf } from '../zones.ts';
import { accessLists } from './access-list.ts';
import { whyClosed } from './always-closed.ts';

/** The entries of whitelists that open nothing, because no machine reaches what they name; one sentence each. */
export function unreachableTexts(quarantine: Quarantine): string[] {
  const all = [quarantine, ...zonesOf(quarantine).map((zone) => inZone(quarantine, zone))];
  const both = all.map((each) => accessLists(each)).flatMap(({ normal, restricted }) => [normal, restricted]);
  const lists = both.filter(({ mode }) => mode === 'whitelist');
  const texts = lists.flatMap(({ entries }) =>
    entries.flatMap((entry) => {
      const why = entry.target.kind === 'subnet' ? whyClosed(entry.target.cidr) : undefined;
      return why === undefined ? [] : [`the list has ${formatEntry(entry)}, which no machine reaches: ${why}`];
    }),
  );
  return [...new Set(texts)];
}
