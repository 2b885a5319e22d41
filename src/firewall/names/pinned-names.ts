import type { Synthetic } from '../../quarantine/lists/pinned.ts';
import { inUse, type NameState } from './name-state.ts';

const FAMILIES = [4, 6] as const;
type Family = (typeof FAMILIES)[number];

/**
 * What a guest is told of a pinned name: its synthetic addresses of each family in which the name stands for something.
 * Of a name not yet looked up those of IPv4, so that it need not be asked for again; until the name is known they are refused.
 */
export function pinnedAnswer(synthetic: Synthetic, state: NameState | undefined, now: number): readonly string[] {
  if (!state) return synthetic[4];
  return FAMILIES.flatMap((family) => (addressesOf(state, family, now).length > 0 ? synthetic[family] : []));
}

/** Where the synthetic addresses lead, as elements of a map: those of a name to all that it stands for, in turn. */
export function pinnedMappings(
  names: ReadonlyMap<string, Synthetic>,
  states: ReadonlyMap<string, NameState>,
  now: number,
): Record<Family, string[]> {
  const of = (family: Family) =>
    [...names].flatMap(([name, synthetic]) => {
      const state = states.get(name);
      const real = state ? addressesOf(state, family, now) : [];
      return synthetic[family].flatMap((address, place) => {
        const target = real[place % real.length];
        return target === undefined ? [] : [`${address} : ${target}`];
      });
    });
  return { 4: of(4), 6: of(6) };
}

/** Only whitelists pin. */
function addressesOf(state: NameState, family: Family, now: number): readonly string[] {
  return inUse(family === 4 ? state.v4 : state.v6, 'whitelist', now);
}
