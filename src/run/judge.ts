import { type AccessLists, accessLists, EVERYTHING, NOTHING } from '../quarantine/access-list.ts';
import { type Decision, decide } from '../quarantine/decide.ts';
import type { CurrentPolicy } from '../store/policies.ts';
import type { RunMode } from './spec.ts';

/** The filter’s modes: which list is in force, or none. */
type FilterMode = 'normal' | 'restricted' | 'refuse';

/** What a machine may reach now, with all that it follows from. */
export interface Verdict {
  decision: Decision;
  lists: AccessLists;
  filterMode: FilterMode;
}

/** Puts the one decision into the form that the packet filter takes. A machine powered on without policies reaches everything. */
export function verdictOf(mode: RunMode, policy: CurrentPolicy, descriptor: string | undefined, now: number): Verdict {
  if (mode === 'free') {
    const lists = { normal: EVERYTHING, restricted: NOTHING };
    return { decision: { access: 'normal', reason: 'unrestricted' }, lists, filterMode: 'normal' };
  }
  const { quarantine } = policy.document.policy;
  const decision = decide(quarantine, descriptor, { lookedUpAt: policy.lookedUpAt, atHand: mode === 'preview' }, now);
  const filterMode = decision.access === 'refused' ? 'refuse' : decision.access;
  return { decision, lists: accessLists(quarantine), filterMode };
}
