import type { VersionOrigin } from '../../policy/quarantine.ts';
import { type Decision, messageFor, reasonText } from '../../quarantine/decide.ts';
import type { Reported } from '../../quarantine/versions/origin.ts';
import { type Why, whyOf } from '../../quarantine/why.ts';
import type { RunMode } from '../machine/spec.ts';
import type { FollowedPolicy, LookUpFailure } from './followed-policy.ts';
import { shownVersion } from './taken-version.ts';
import type { Verdict } from './verdict.ts';

/** What anybody may know of a running machine’s access. */
export interface AccessReport {
  access: 'normal' | 'restricted' | 'refused';
  reason: string;
  why: Why;
  message?: string;
  descriptor?: string;
  version?: string;
  /** Whose word the version is. */
  origin?: VersionOrigin;
  /** The zone that the computer is in, where the policy knows it. */
  zone?: string;
  policySerial: number;
  lookedUpAt?: string;
  lookUpFailed?: LookUpFailure;
}

/** What a machine’s access is now, and what it follows from. */
interface Present {
  mode: RunMode;
  policy: Pick<FollowedPolicy, 'current' | 'lookUpFailed'>;
  reported: Reported | undefined;
  verdict: Verdict;
  /** The filter did not follow the verdict. */
  isClosed: boolean;
}

export function accessReport({ mode, policy, reported, verdict, isClosed }: Present): AccessReport {
  const { decision, zone } = verdict;
  const { document, lookedUpAt } = policy.current;
  const { lookUpFailed } = policy;
  const { quarantine } = document.policy;
  const message = messageFor(quarantine, decision);
  return {
    access: isClosed ? 'refused' : decision.access,
    ...whyText(mode, isClosed, decision),
    ...(message === undefined ? {} : { message }),
    ...(reported ? shownVersion(quarantine, reported) : {}),
    ...(zone === undefined ? {} : { zone }),
    policySerial: document.serial,
    ...(lookedUpAt === undefined ? {} : { lookedUpAt: new Date(lookedUpAt).toISOString() }),
    ...(lookUpFailed ? { lookUpFailed } : {}),
  };
}

function whyText(mode: RunMode, isClosed: boolean, decision: Decision): Pick<AccessReport, 'reason' | 'why'> {
  if (isClosed) return { reason: 'the packet filter could not be set, so nothing passes', why: { code: 'closed' } };
  if (mode === 'free') return { reason: 'it was powered on without policies', why: { code: 'free' } };
  return { reason: reasonText(decision), why: whyOf(decision) };
}
