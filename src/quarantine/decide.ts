import { parseDuration } from '../lib/duration.ts';
import {
  type CustomQuarantine,
  type Enforcement,
  isLookedUp,
  type LookedUp,
  type Quarantine,
  type Threshold,
  type Version,
  type VersionOrigin,
  type VersionQuarantine,
} from '../policy/quarantine.ts';
import type { PluginAnswer } from './plugin.ts';
import { standingOf } from './versions/standing.ts';

/** What is known about the policy itself. */
export interface PolicyFacts {
  /** When it was last looked up with success, milliseconds since 1970; undefined when it never was. */
  lookedUpAt: number | undefined;
  /** Preview and other uses of a policy that is at hand need no policy server. */
  atHand: boolean;
  /** What the plug-in of a custom quarantine said last; one that was not asked has said nothing. */
  plugin?: PluginAnswer | undefined;
  /** How far out of the user’s hands the rules are; unknown counts as not at all. */
  enforcement?: Enforcement | undefined;
  /** Whose word the descriptor is; one of unknown origin is the guest’s. */
  origin?: VersionOrigin | undefined;
}

/** What a machine may reach, and why. `refused` means no network at all, and no start. */
export type Decision =
  | { access: 'normal'; reason: 'unrestricted' | 'static' | 'dynamic' | 'version' | 'plugin-yes'; newer?: Version }
  | { access: 'normal'; reason: 'grace'; newer: Version; until: number }
  | {
      access: 'restricted';
      reason:
        | 'outdated'
        | 'above-all'
        | 'unset'
        | 'unknown-version'
        | 'untrusted-version'
        | 'never-looked-up'
        | 'offline';
      due?: Version;
    }
  | { access: 'restricted'; reason: 'plugin-no' | 'plugin-reject' | 'enforcement' }
  | { access: 'restricted'; reason: 'plugin-void'; why: string }
  | { access: 'refused'; reason: 'never-looked-up' | 'offline' };

/**
 * The one decision, for enforcement, preview, simulation and explanation. `now` is the trusted time in milliseconds.
 *
 * policy server   | onUnreachable      | what counts
 * seen lately     | any                | the version against the threshold
 * never seen      | keep, restricted   | restricted, by the package’s list (D1)
 * away too long   | keep               | the version against the threshold
 * away too long   | restricted         | restricted
 * never, too long | refuse             | refused
 *
 * A dynamic quarantine has one list: restricted means none. A custom one that is not looked up counts as seen lately; what
 * counts is the plug-in’s answer: YES is normal access, everything else is restricted.
 */
export function decide(
  quarantine: Quarantine,
  descriptor: string | undefined,
  facts: PolicyFacts,
  now: number,
): Decision {
  switch (quarantine.type) {
    case 'none':
      return { access: 'normal', reason: 'unrestricted' };
    case 'static':
      return loose(quarantine, facts) ?? { access: 'normal', reason: 'static' };
    case 'dynamic':
      return held(quarantine, facts, now) ?? { access: 'normal', reason: 'dynamic' };
    case 'version-based':
      return held(quarantine, facts, now) ?? byVersion(quarantine, descriptor, facts, now);
    case 'custom':
      return held(quarantine, facts, now) ?? byPlugin(facts.plugin);
  }
}

/** Whether a decision waits for the plug-in: one that is restricted or refused without it does not. */
export function waitsForPlugin(
  quarantine: Quarantine,
  facts: PolicyFacts,
  now: number,
): quarantine is CustomQuarantine {
  return quarantine.type === 'custom' && held(quarantine, facts, now) === undefined;
}

/** What holds a machine whatever its version or plug-in. */
function held(quarantine: LookedUp | CustomQuarantine, facts: PolicyFacts, now: number): Decision | undefined {
  return unreachable(quarantine, facts, now) ?? loose(quarantine, facts);
}

/** A policy that wants its rules out of the user’s hands, where they are not. */
function loose(quarantine: Exclude<Quarantine, { type: 'none' }>, { enforcement }: PolicyFacts): Decision | undefined {
  const isLoose = quarantine.enforcement === 'host' && enforcement !== 'host';
  return isLoose ? { access: 'restricted', reason: 'enforcement' } : undefined;
}

function byPlugin(answer: PluginAnswer | undefined): Decision {
  switch (answer?.verdict) {
    case 'yes':
      return { access: 'normal', reason: 'plugin-yes' };
    case 'no':
      return { access: 'restricted', reason: 'plugin-no' };
    case 'reject':
      return { access: 'restricted', reason: 'plugin-reject' };
    case 'void':
      return { access: 'restricted', reason: 'plugin-void', why: answer.why };
    case undefined:
      return { access: 'restricted', reason: 'plugin-void', why: 'the plug-in was not asked' };
  }
}

function unreachable(quarantine: LookedUp | CustomQuarantine, facts: PolicyFacts, now: number): Decision | undefined {
  if (facts.atHand || !isLookedUp(quarantine)) return undefined;
  const { onUnreachable } = quarantine;
  const { lookedUpAt } = facts;
  const maxOfflineMs = maxOfflineOf(quarantine);
  if (lookedUpAt !== undefined && (now - lookedUpAt <= maxOfflineMs || onUnreachable === 'keep')) return undefined;
  const reason = lookedUpAt === undefined ? 'never-looked-up' : 'offline';
  return { access: onUnreachable === 'refuse' ? 'refused' : 'restricted', reason };
}

/** How long the last policy holds without the policy server, in milliseconds. */
export function maxOfflineOf({ maxOffline = '7d' }: LookedUp): number {
  return parseDuration(maxOffline) ?? 0;
}

function byVersion(
  quarantine: VersionQuarantine,
  reported: string | undefined,
  { origin }: PolicyFacts,
  now: number,
): Decision {
  const { descriptor, place, version, due, isTrusted } = standingOf(quarantine, reported, origin);
  const next = due ? { due } : {};
  if (descriptor === undefined) return { access: 'restricted', reason: 'unset', ...next };
  if (!version || version.removed) return { access: 'restricted', reason: 'unknown-version', ...next };
  if (!isTrusted) return { access: 'restricted', reason: 'untrusted-version', ...next };
  if (quarantine.threshold === null) return { access: 'restricted', reason: 'above-all', ...next };
  const until = graceEnd(quarantine);
  if (place < thresholdPlace(quarantine)) {
    const hadAccess = place >= placeOfThreshold(quarantine, quarantine.thresholdBefore);
    if (due && hadAccess && until !== undefined && now < until)
      return { access: 'normal', reason: 'grace', newer: due, until };
    return { access: 'restricted', reason: 'outdated', ...next };
  }
  return { access: 'normal', reason: 'version', ...(due ? { newer: due } : {}) };
}

/**
 * When the time is over in which versions below a threshold keep the normal access that they had before it, in milliseconds since 1970; undefined when
 * there is none. A threshold that names no version gives no grace, nor does one above all versions: it is for what cannot wait.
 */
export function graceEnd({ grace, threshold, thresholdAt, versions }: VersionQuarantine): number | undefined {
  const isNamed = versions.some(({ name, removed }) => name === threshold && !removed);
  if (grace === undefined || thresholdAt === undefined || !isNamed) return undefined;
  return Date.parse(thresholdAt) + (parseDuration(grace) ?? 0);
}

/** A threshold that names no version lets none through: unknown means restricted. */
function thresholdPlace(quarantine: VersionQuarantine): number {
  return placeOfThreshold(quarantine, quarantine.threshold);
}

/** Where normal access begins under a threshold. */
export function placeOfThreshold({ versions }: VersionQuarantine, threshold: Threshold | undefined): number {
  if (threshold === undefined) return 0;
  const place = versions.findIndex(({ name, removed }) => name === threshold && !removed);
  return place < 0 ? versions.length : place;
}

/** The administrator’s text for the user, or undefined when there is none to show (ACE 1.0 pp. 142-146). */
export function messageFor(quarantine: Quarantine, decision: Decision): string | undefined {
  if (!('messages' in quarantine)) return undefined;
  if (decision.access === 'restricted') return quarantine.messages.restricted;
  if (quarantine.type === 'custom') return undefined;
  return decision.access === 'normal' && 'newer' in decision ? quarantine.messages.updateAvailable : undefined;
}

/** The reason in words, for status, events and the page. */
export function reasonText(decision: Decision): string {
  switch (decision.reason) {
    case 'unrestricted':
      return 'the policy sets no quarantine';
    case 'static':
      return 'the policy’s list is in force';
    case 'dynamic':
      return 'the list of the policy server is in force';
    case 'grace':
      return `its version is too old, but keeps normal access until ${new Date(decision.until).toISOString()}; next is ${decision.newer.name}`;
    case 'version':
      return 'its version is new enough';
    case 'outdated':
      return `its version is too old${decision.due ? `; next is ${decision.due.name}` : ''}`;
    case 'above-all':
      return 'the policy restricts every version at present';
    case 'unset':
      return 'it has not reported a version yet';
    case 'enforcement':
      return 'the service runs without root here, and the policy asks for rules that the user cannot change';
    case 'untrusted-version':
      return 'the policy does not accept the origin of its version';
    case 'unknown-version':
      return 'it reported a version that is not defined any more';
    case 'plugin-yes':
      return 'the plug-in said yes';
    case 'plugin-no':
      return 'the plug-in said no';
    case 'plugin-reject':
      return 'the plug-in does not accept its descriptor';
    case 'plugin-void':
      return decision.why;
    case 'never-looked-up':
      return 'the policy could never be looked up on the policy server';
    case 'offline':
      return 'the policy server has not been reached for too long';
  }
}
