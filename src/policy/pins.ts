import { parseEntry } from './access-entry.ts';
import type { AccessSection } from './access-section.ts';
import type { Zone } from './zones.ts';

/** The lists of one machine, wherever they hold. */
interface Lists {
  mode: 'whitelist' | 'blacklist';
  normal: AccessSection;
  restricted?: AccessSection;
  zones?: readonly Zone[] | undefined;
}

/**
 * What is wrong with the pinned names of a machine’s lists. A blacklist cannot pin: what it closes, it closes by every
 * address. A name is pinned wherever it is listed or nowhere, because a guest keeps an answer over a switch of lists.
 */
export function wrongPins({ mode, normal, restricted, zones = [] }: Lists): string[] {
  const sections = [normal, restricted, ...zones.flatMap((zone) => [zone.normal, zone.restricted])];
  const isPinned = new Map<string, boolean>();
  const torn = new Set<string>();
  for (const text of sections.flatMap((section) => section?.entries ?? [])) {
    const entry = parseEntry(text);
    if (typeof entry === 'string' || entry.target.kind !== 'name') continue;
    const { name } = entry.target;
    const pinned = entry.pinned === true;
    if ((isPinned.get(name) ?? pinned) !== pinned) torn.add(name);
    isPinned.set(name, pinned);
  }
  if (mode === 'blacklist' && [...isPinned.values()].includes(true)) return ['pins a name, which a blacklist cannot'];
  return [...torn].map((name) => `lists ${name} pinned and not pinned`);
}
