import type { VersionOrigin } from '../../policy/quarantine.ts';
import { messageFor, reasonText } from '../../quarantine/decide.ts';
import type { Reported } from '../../quarantine/versions/origin.ts';
import type { RunMode } from '../machine/spec.ts';
import type { FollowedPolicy, LookUpFailure } from './followed-policy.ts';
import { shownVersion } from './taken-version.ts';
import type { Verdict } from './verdict.ts';

/** What anybody may know of a running machine’s access. */
export interface AccessReport {
  access: 'normal' | 'restricted' | 'refused';
  reason: string;
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
  const reason = mode === 'free' ? 'it was powered on without policies' : reasonText(decision);
  return {
    access: isClosed ? 'refused' : decision.access,
    reason: isClosed ? 'the packet filter could not be set, so nothing passes' : reason,
    ...(message === undefined ? {} : { message }),
    ...(reported ? shownVersion(quarantine, reported) : {}),
    ...(zone === undefined ? {} : { zone }),
    policySerial: document.serial,
    ...(lookedUpAt === undefined ? {} : { lookedUpAt: new Date(lookedUpAt).toISOString() }),
    ...(lookUpFailed ? { lookUpFailed } : {}),
  };
}
