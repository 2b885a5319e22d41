import type { HostAccess, HostPolicy } from '../policy/host.ts';
import { firstFitting, type HostFacts } from './zones.ts';

/** What binds the computer's own programs now: the list of a zone or the default, or nothing. */
export interface HostDecision {
  zone?: string;
  access?: HostAccess;
}

/** The first zone that fits, else the default, else the computer is free (ACE 1.0 p. 239). */
export function decideHost({ zones, default: otherwise }: HostPolicy, facts: HostFacts | undefined): HostDecision {
  const zone = firstFitting(zones, facts);
  if (zone) return { zone: zone.name, access: { mode: zone.mode, entries: zone.entries } };
  return otherwise ? { access: otherwise } : {};
}
