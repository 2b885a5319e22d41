import type { AccessList } from '../../quarantine/lists/access-list.ts';
import type { Subnets } from '../../quarantine/subnets.ts';
import type { Answers, LookupFailure } from '../../sys/names/resolver.ts';
import { pointsInside } from '../inside.ts';

/** How long the last good answer for a listed name is used while the resolvers are away. */
export const KEEP_MS = 7 * 24 * 3_600_000;
/** What one name may stand for at a time, by family. */
const MAX_ADDRESSES = 100;

export type NameFailure = LookupFailure | 'no-addresses' | 'points-inside';

/** Failures that say nothing of the name: its last good answer still counts. */
const AWAY: readonly NameFailure[] = ['no-answer', 'server-failed', 'refused'];

/** Since when there is no good answer, and why, in milliseconds since 1970. */
export interface Failed {
  code: NameFailure;
  since: number;
}

/** The last good answer of one family, and whether the last question failed. */
export interface FamilyState {
  addresses: readonly string[];
  /** Milliseconds since 1970; 0 when there was no good answer yet. */
  answeredAt: number;
  failed?: Failed;
}

/** What is known of a listed name. */
export interface NameState {
  v4: FamilyState;
  v6: FamilyState;
}

const NEVER: FamilyState = { addresses: [], answeredAt: 0 };

/** What is known of a name after it was asked for again, for a machine with these subnets, or for none. */
export function heard(
  before: NameState | undefined,
  { v4, v6 }: Answers,
  now: number,
  subnets: Partial<Subnets> = {},
): NameState {
  const of = (family: FamilyState = NEVER, answer: Answers['v4']) =>
    heardOf(family, answer, now, problemOf(answer, subnets));
  return { v4: of(before?.v4, v4), v6: of(before?.v6, v6) };
}

function heardOf(
  { addresses, answeredAt, failed }: FamilyState,
  answer: Answers['v4'],
  now: number,
  code: NameFailure | undefined,
): FamilyState {
  if (code !== undefined) return { addresses, answeredAt, failed: { code, since: failed?.since ?? now } };
  return { addresses: [...answer].sort().slice(0, MAX_ADDRESSES), answeredAt: now };
}

/** One address that points inside spoils the whole answer, here as in dnsmasq. */
function problemOf(answer: Answers['v4'], subnets: Partial<Subnets>): NameFailure | undefined {
  if (typeof answer === 'string') return answer;
  if (answer.length === 0) return 'no-addresses';
  return answer.some((address) => pointsInside(address, subnets)) ? 'points-inside' : undefined;
}

/** Why a name stands for no address any more, or undefined when it does, in one family at least. */
export function failureOf({ v4, v6 }: NameState): Failed | undefined {
  if (!v4.failed || !v6.failed) return undefined;
  const code = v4.failed.code === 'no-addresses' ? v6.failed.code : v4.failed.code;
  return { code, since: Math.max(v4.failed.since, v6.failed.since) };
}

/**
 * The addresses a name stands for on a list. What a whitelist opens is closed when the name is gone, or its last answer
 * too old; what a blacklist closes stays closed until another answer comes.
 */
export function inUse(family: FamilyState, mode: AccessList['mode'], now: number): readonly string[] {
  if (mode === 'blacklist') return family.addresses;
  const isKnown = Math.abs(now - family.answeredAt) <= KEEP_MS;
  return isKnown && (!family.failed || AWAY.includes(family.failed.code)) ? family.addresses : [];
}

/** What is to be answered for a whitelisted name in the resolvers’ stead: its last good answer, while they are away. */
export function standIn(state: NameState, now: number): readonly string[] {
  if (!failureOf(state)) return [];
  return [state.v4, state.v6].flatMap((family) => inUse(family, 'whitelist', now));
}
