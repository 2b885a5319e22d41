import type { GuestAnswer } from '../../guest/protocol.ts';
import type { CustomQuarantine } from '../../policy/quarantine.ts';
import { reasonText } from '../../quarantine/decide.ts';
import type { Reported } from '../../quarantine/origin.ts';
import type { PluginAnswer } from '../../quarantine/plugin.ts';
import type { DescriptorStore, MachineSpec } from '../machine/spec.ts';
import type { AskedPlugin } from '../plugins/asked-plugin.ts';
import type { FollowedPolicy } from './followed-policy.ts';
import { type TakenVersion, takeVersion } from './taken-version.ts';
import type { Verdict } from './verdict.ts';

export type Answer = Omit<GuestAnswer, 'id'>;

/** An answer, and whether a policy that was just looked up could give another one. */
export type Outcome = Answer & { mayBeNewer?: boolean };

/** What is needed of a running machine to judge what its guest reports. */
export interface Reporting {
  spec: MachineSpec;
  descriptors: DescriptorStore;
  policy: FollowedPolicy;
  plugin: AskedPlugin;
  /** What was reported last. */
  reported: Reported | undefined;
  /** Saves a report and enforces what follows from it, or leaves the old one and throws. @throws FILTER_FAILED, NETWORK_FAILED */
  adopt: (reported: Reported) => Promise<Verdict>;
  /** What would follow from a report; the plug-in has spoken already where it is given. */
  foresee: (reported: Reported, plugin?: PluginAnswer) => Promise<Verdict>;
}

/**
 * Takes a descriptor that a guest reports, or with `dry` says whether it would be taken. Judged, saved, enforced, and
 * only then answered (quarantine network §9); later than `until`, on the clock of `performance`, nothing is taken.
 * @throws FILTER_FAILED, NETWORK_FAILED
 */
export async function takeReport(machine: Reporting, offered: string, dry: boolean, until: number): Promise<Outcome> {
  const { spec, policy, descriptors } = machine;
  if (spec.mode === 'free') return { ok: false, reason: 'this machine was powered on without policies: use preview' };
  const { quarantine } = policy.current.document.policy;
  if (quarantine.type === 'custom') return takeByPlugin(machine, quarantine, offered, dry, until);
  const taken = await takenVersion(machine, offered);
  if (!taken.valid) return { ok: false, reason: taken.reason, mayBeNewer: spec.mode === 'installed' };
  if (performance.now() >= until) return tooLate();
  const { reported, name, counter } = taken;
  if (!dry && counter !== undefined) await descriptors.keepCounter(counter);
  const { decision } = dry ? await machine.foresee(reported) : await machine.adopt(reported);
  return { ok: true, reason: `${name}: ${decision.access} access, ${reasonText(decision)}` };
}

/** The guest has been told no by now, or is about to be: what it reported is not taken. */
export function tooLate(): Outcome {
  return { ok: false, reason: 'the host was busy for too long: try again' };
}

/** What a plug-in answers is validity and access in one (ACE 1.0 p. 248). */
async function takeByPlugin(
  { policy, plugin, adopt, foresee }: Reporting,
  { script }: CustomQuarantine,
  offered: string,
  dry: boolean,
  until: number,
): Promise<Answer> {
  const withinMs = Math.floor(until - performance.now());
  if (withinMs <= 0) return tooLate();
  const reported: Reported = { descriptor: offered, origin: 'guest' };
  const occasion = { script, policy: policy.current, descriptor: offered };
  const answer = await plugin.ask({ ...occasion, event: dry ? 'dry' : 'update', withinMs });
  if (answer.verdict === 'void') return { ok: false, reason: answer.why };
  if (answer.verdict === 'reject') return { ok: false, reason: 'the plug-in does not accept this descriptor' };
  if (!dry) plugin.remember(occasion, answer);
  const { decision } = dry ? await foresee(reported, answer) : await adopt(reported);
  return { ok: true, reason: `${decision.access} access, ${reasonText(decision)}` };
}

async function takenVersion(
  { spec, descriptors, policy, reported }: Reporting,
  offered: string,
): Promise<TakenVersion> {
  const { policy: machinePolicy, project } = policy.current.document;
  if (machinePolicy.quarantine.type !== 'version-based')
    return { valid: false, reason: 'this machine has no version-based quarantine' };
  const isPreview = spec.mode === 'preview';
  const reporter = { project, machine: spec.uuid, before: reported, counter: await descriptors.counter() };
  return takeVersion(machinePolicy.quarantine, offered, { ...reporter, isPreview });
}
