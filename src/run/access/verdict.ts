import type { Script } from '../../policy/parts/script.ts';
import type { Enforcement, Quarantine } from '../../policy/quarantine.ts';
import type { Zone } from '../../policy/zones.ts';
import type { AccessMode } from '../../quarantine/access-mode.ts';
import { type Decision, decide, type PolicyFacts, waitsForPlugin } from '../../quarantine/decide.ts';
import { type AccessLists, accessLists, EVERYTHING, NOTHING } from '../../quarantine/lists/access-list.ts';
import type { PluginAnswer } from '../../quarantine/plugin.ts';
import { originUnder, type Reported } from '../../quarantine/versions/origin.ts';
import { type HostFacts, inZone, zoneOf } from '../../quarantine/zones.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import type { RunMode } from '../machine/spec.ts';

/** What a machine may reach now, with all that it follows from. */
export interface Verdict {
  decision: Decision;
  lists: AccessLists;
  filterMode: AccessMode;
  /** The zone whose lists they are, where it is one’s. */
  zone?: string;
}

/** What a machine is judged by. */
export interface Judged {
  mode: RunMode;
  policy: CurrentPolicy;
  reported: Reported | undefined;
  /** The trusted time in milliseconds. */
  now: number;
  enforcement: Enforcement;
  /** Where the computer is, as far as it is known. */
  host?: HostFacts | undefined;
  /** The plug-in’s answer for that descriptor, where there is one. */
  plugin?: PluginAnswer | undefined;
}

/** Puts the one decision into the form that the packet filter takes. A machine powered on without policies reaches everything. */
export function verdictOf(judged: Judged): Verdict {
  if (judged.mode === 'free') {
    const lists = { normal: EVERYTHING, restricted: NOTHING };
    return { decision: { access: 'normal', reason: 'unrestricted' }, lists, filterMode: 'normal' };
  }
  const { quarantine } = judged.policy.document.policy;
  const decision = decide(quarantine, judged.reported?.descriptor, factsOf(judged), judged.now);
  const filterMode = decision.access === 'refused' ? 'refuse' : decision.access;
  const zone = zoneOf(quarantine, judged.host);
  return { decision, lists: listsIn(quarantine, zone), filterMode, ...(zone ? { zone: zone.name } : {}) };
}

const LISTS = new WeakMap<Quarantine, Map<Zone | undefined, AccessLists>>();

/** The lists of a policy in a zone, always the same ones: the packet filter then knows what it has without rendering it. */
function listsIn(quarantine: Quarantine, zone: Zone | undefined): AccessLists {
  const known = LISTS.get(quarantine) ?? new Map<Zone | undefined, AccessLists>();
  LISTS.set(quarantine, known);
  const lists = known.get(zone) ?? accessLists(inZone(quarantine, zone));
  known.set(zone, lists);
  return lists;
}

/** The script that a machine’s plug-in has to be asked with before it is judged, or undefined when none has a say. */
export function scriptToAsk(judged: Omit<Judged, 'plugin'>): Script | undefined {
  const { quarantine } = judged.policy.document.policy;
  const isAsked = judged.mode !== 'free' && waitsForPlugin(quarantine, factsOf(judged), judged.now);
  return isAsked ? quarantine.script : undefined;
}

function factsOf({ mode, policy: { document, lookedUpAt }, reported, enforcement, plugin }: Judged): PolicyFacts {
  const { quarantine } = document.policy;
  const isVersioned = reported !== undefined && quarantine.type === 'version-based';
  const origin = isVersioned ? originUnder(quarantine, reported) : undefined;
  return { lookedUpAt, atHand: mode === 'preview', plugin, origin, enforcement };
}
