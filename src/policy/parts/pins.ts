import type { Zone } from '../zones.ts';
import type { AccessSection } from './access-section.ts';

/** The lists of one machine, wherever they hold. */
interface Lists {
  mode: 'whitelist' | 'blacklist';
  normal: AccessSection;
  restricted?: AccessSection;
  zones?: readonly Zone[] | undefined;
}

interface WrongPin {
  path: (string | number)[];
  message: string;
}

/**
 * What is wrong with the pinned names of a machine’s lists. A blacklist cannot pin: what it closes, it closes by every
 * address. A name is pinned wherever it is listed or nowhere, because a guest keeps an answer over a switch of lists.
 */
export function wrongPins(lists: Lists): WrongPin[] {
  const isPinned = new Map<string, boolean>();
  return entriesOf(lists).flatMap(({ path, entry: { target, pinned = false } }) => {
    if (target.kind !== 'name') return [];
    if (pinned && lists.mode === 'blacklist') return [{ path, message: 'pins a name, which a blacklist cannot' }];
    const { name } = target;
    const isTorn = (isPinned.get(name) ?? pinned) !== pinned;
    isPinned.set(name, pinned);
    return isTorn ? [{ path, message: `has ${name} ${pinned ? 'pinned' : 'not pinned'}, unlike an entry before` }] : [];
  });
}

function entriesOf({ normal, restricted, zones = [] }: Lists) {
  const sections: [path: (string | number)[], section: AccessSection | undefined][] = [
    [['normal'], normal],
    [['restricted'], restricted],
    ...zones.flatMap((zone, index): [(string | number)[], AccessSection | undefined][] => [
      [['zones', index, 'normal'], zone.normal],
      [['zones', index, 'restricted'], zone.restricted],
    ]),
  ];
  return sections.flatMap(([path, section]) =>
    (section?.entries ?? []).map(({ entry }, index) => ({ path: [...path, 'entries', index], entry })),
  );
}
