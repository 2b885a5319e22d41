import type { Enforcement, Quarantine, VersionOrigin } from '../policy/quarantine.ts';
import type { Zone } from '../policy/zones.ts';
import { type Decision, decide, reasonText } from './decide.ts';
import { accessLists } from './lists/access-list.ts';
import { type Destination, type Explanation, explain } from './lists/explain.ts';
import type { PluginAnswer } from './plugin.ts';
import { type Why, whyOf } from './why.ts';
import { inZone } from './zones.ts';

/** A question before anything is deployed: what would a machine of this version reach? */
export interface Question {
  descriptor: string | undefined;
  /** Whose word that is; the guest’s where it is not said. */
  origin?: VersionOrigin | undefined;
  /** Of the computer; `host` where it is not said. */
  enforcement?: Enforcement | undefined;
  /** Where its computer is. */
  zone?: Zone | undefined;
  /** Whether the machine has IPv6; not where it is not said. */
  ipv6?: boolean | undefined;
  to: Destination;
  /** Milliseconds since 1970. */
  now: number;
  /** The addresses that the names of the lists stand for. */
  names: ReadonlyMap<string, readonly string[]>;
  /** What the plug-in of a custom quarantine says to the descriptor. */
  plugin?: PluginAnswer | undefined;
}

export interface Simulation extends Explanation {
  access: Decision['access'];
  reason: string;
  why: Why;
}

/** Answers from the same functions that enforcement uses; the policy server counts as reached. */
export function simulate(
  quarantine: Quarantine,
  { descriptor, origin, enforcement = 'host', zone, ipv6 = false, to, now, names, plugin }: Question,
): Simulation {
  const decision = decide(quarantine, descriptor, { lookedUpAt: now, atHand: true, plugin, origin, enforcement }, now);
  const about = { access: decision.access, reason: reasonText(decision), why: whyOf(decision) };
  if (decision.access === 'refused') return { ...about, allowed: false, rule: 'no access: nothing passes' };
  return { ...about, ...explain(accessLists(inZone(quarantine, zone))[decision.access], to, names, { ipv6 }) };
}

/** What a computer reports of a machine (`lazaret status --json`). */
export interface ReportedMachine {
  vm: string;
  descriptor?: string | undefined;
  origin?: VersionOrigin | undefined;
  enforcement?: Enforcement | undefined;
  access?: string | undefined;
}

/** How many machines would have which access under a draft, and why. */
export interface Impact {
  access: Decision['access'];
  reason: string;
  machines: number;
  /** Of these, how many have another access now. */
  changed: number;
}

/**
 * Counts what a draft would do to the machines that were reported, the largest group first. `pluginSays` is what the plug-in
 * of a custom quarantine says to a descriptor.
 */
export function impact(
  quarantine: Quarantine,
  reported: readonly ReportedMachine[],
  now: number,
  pluginSays: (descriptor: string | undefined) => PluginAnswer | undefined = () => undefined,
): Impact[] {
  const groups = new Map<string, Impact>();
  for (const { descriptor, origin, enforcement = 'host', access } of reported) {
    const facts = { lookedUpAt: now, atHand: true, plugin: pluginSays(descriptor), origin, enforcement };
    const decision = decide(quarantine, descriptor, facts, now);
    const reason = reasonText(decision);
    const key = `${decision.access} ${reason}`;
    const group = groups.get(key) ?? { access: decision.access, reason, machines: 0, changed: 0 };
    const isOther = access !== undefined && access !== decision.access;
    groups.set(key, { ...group, machines: group.machines + 1, changed: group.changed + (isOther ? 1 : 0) });
  }
  return [...groups.values()].sort((a, b) => b.machines - a.machines);
}
