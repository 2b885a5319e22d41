import { parseDuration } from '../lib/duration.ts';
import type { Quarantine } from '../policy/quarantine.ts';

const DEFAULT_MS = 5 * 60_000;
const JITTER = 0.1;

/**
 * How long until the policy is looked up again, in milliseconds: its interval, spread by a tenth so that computers do not
 * ask in step, and not later than the moment when the last look-up becomes too old. `random` is in [0, 1).
 */
export function nextLookupMs(
  quarantine: Quarantine,
  lookedUpAt: number | undefined,
  now: number,
  random: number,
): number {
  if (quarantine.type !== 'version-based') return DEFAULT_MS;
  const interval = parseDuration(quarantine.interval) ?? DEFAULT_MS;
  const spread = interval * (1 + JITTER * (2 * random - 1));
  if (lookedUpAt === undefined) return spread;
  const untilStale = lookedUpAt + (parseDuration(quarantine.maxOffline) ?? 0) - now;
  return untilStale > 0 ? Math.min(spread, untilStale + 1) : spread;
}
