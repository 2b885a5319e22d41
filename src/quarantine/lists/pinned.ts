import ipaddr from 'ipaddr.js';
import type { AccessList, AccessLists } from './access-list.ts';

/** The addresses of which each stands for one pinned name in its guest, and for nothing anywhere else. */
export const PINNED = { 4: '198.18.0.0/15', 6: 'fd77:1::/64' } as const;

/** How many a name has of each family, so that a computer behind it that does not answer is not the only one it has. */
const PLACES = 4;
/** As many groups of places as the smaller of the two subnets has. */
const GROUPS = 2 ** 17 / PLACES;

/** The addresses that stand for a pinned name, by family. */
export interface Synthetic {
  4: readonly string[];
  6: readonly string[];
}

/**
 * The addresses of the pinned names of a machine’s lists. They follow from the name, so that a guest that has learned one
 * finds the same name there after a change of lists, but for two names of which each would have the other’s.
 */
export function syntheticAddresses(lists: AccessLists): Map<string, Synthetic> {
  const names = [...new Set([...pinnedNames(lists.normal), ...pinnedNames(lists.restricted)])].sort();
  const taken = new Set<number>();
  return new Map(
    names.map((name) => {
      let group = hash(name) % GROUPS;
      while (taken.has(group)) group = (group + 1) % GROUPS;
      taken.add(group);
      return [name, addressesOf(group)];
    }),
  );
}

/** The names that a list pins. */
export function pinnedNames({ entries }: AccessList): string[] {
  const names = entries.flatMap(({ target, pinned }) => (pinned && target.kind === 'name' ? [target.name] : []));
  return [...new Set(names)];
}

function addressesOf(group: number): Synthetic {
  const places = Array.from({ length: PLACES }, (_, index) => group * PLACES + index);
  return {
    4: places.map((place) => `198.${18 + (place >> 16)}.${(place >> 8) & 255}.${place & 255}`),
    6: places.map((place) =>
      ipaddr.parse(`fd77:1::${(place >> 16).toString(16)}:${(place & 0xffff).toString(16)}`).toString(),
    ),
  };
}

/** FNV-1a, 32 bits: it only spreads the names. */
function hash(name: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) value = Math.imul(value ^ name.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}
