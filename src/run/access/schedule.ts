import { parseDuration } from '../../lib/duration.ts';
import { isLookedUp, type Quarantine } from '../../policy/quarantine.ts';
import { graceEnd, maxOfflineOf } from '../../quarantine/decide.ts';

const DEFAULT_MS = 5 * 60_000;
const JITTER = 0.1;
/** A server that does not answer is asked less and less often, down to this or to the interval, whichever is rarer. */
const RAREST_LOOKUP_MS = 15 * 60_000;
const FIRST_WATCH_MS = 10_000;
const RAREST_WATCH_MS = 5 * 60_000;

/**
 * How long until the policy is looked up or its plug-in asked again, in milliseconds: its interval, spread by a tenth so that computers do not
 * ask in step, and not later than the moments when the last look-up becomes too old or a time of grace is over. After `failures` look-ups
 * that failed one after the other it is longer, never shorter; a plug-in keeps to its interval. `random` is in [0, 1).
 */
export function nextLookupMs(
  quarantine: Quarantine,
  lookedUpAt: number | undefined,
  now: number,
  random: number,
  failures = 0,
): number {
  if (!('interval' in quarantine)) return DEFAULT_MS;
  const interval = intervalMs(quarantine);
  const backsOff = failures > 0 && quarantine.type !== 'custom';
  const spread = backsOff
    ? backOffMs({ first: interval, rarest: RAREST_LOOKUP_MS }, failures, random)
    : interval * (1 + JITTER * (2 * random - 1));
  const isAging = lookedUpAt !== undefined && isLookedUp(quarantine);
  const stale = isAging ? lookedUpAt + maxOfflineOf(quarantine) : undefined;
  const grace = quarantine.type === 'version-based' ? graceEnd(quarantine) : undefined;
  const ahead = [stale, grace]
    .filter((moment) => moment !== undefined && moment > now)
    .map((moment) => Number(moment) - now + 1);
  return Math.min(spread, ...ahead);
}

/** How often a policy is looked up and its plug-in asked, in milliseconds. */
export function intervalMs(quarantine: Quarantine): number {
  return ('interval' in quarantine ? parseDuration(quarantine.interval) : undefined) ?? DEFAULT_MS;
}

/** How long a policy server that cannot be watched now is left alone, in milliseconds, after so many failures. */
export function watchAgainMs(failures: number, random: number): number {
  return backOffMs({ first: FIRST_WATCH_MS, rarest: RAREST_WATCH_MS }, failures, random);
}

/** Doubled with each failure; up to a half longer by chance, for whoever lost the server in the same moment is not to come back in one. */
function backOffMs(pace: { first: number; rarest: number }, failures: number, random: number): number {
  const doubled = pace.first * 2 ** Math.max(0, failures - 1);
  return Math.min(doubled, Math.max(pace.first, pace.rarest)) * (1 + random / 2);
}
