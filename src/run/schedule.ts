import { parseDuration } from '../lib/duration.ts';
import { isLookedUp, type Quarantine } from '../policy/quarantine.ts';
import { graceEnd, maxOfflineOf } from '../quarantine/decide.ts';

const DEFAULT_MS = 5 * 60_000;
const JITTER = 0.1;

/**
 * How long until the policy is looked up or its plug-in asked again, in milliseconds: its interval, spread by a tenth so that computers do not
 * ask in step, and not later than the moments when the last look-up becomes too old or a time of grace is over. `random` is in [0, 1).
 */
export function nextLookupMs(
  quarantine: Quarantine,
  lookedUpAt: number | undefined,
  now: number,
  random: number,
): number {
  if (!('interval' in quarantine)) return DEFAULT_MS;
  const interval = parseDuration(quarantine.interval) ?? DEFAULT_MS;
  const spread = interval * (1 + JITTER * (2 * random - 1));
  const isAging = lookedUpAt !== undefined && isLookedUp(quarantine);
  const stale = isAging ? lookedUpAt + maxOfflineOf(quarantine) : undefined;
  const grace = quarantine.type === 'version-based' ? graceEnd(quarantine) : undefined;
  const ahead = [stale, grace]
    .filter((moment) => moment !== undefined && moment > now)
    .map((moment) => Number(moment) - now + 1);
  return Math.min(spread, ...ahead);
}
