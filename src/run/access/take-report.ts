import type { GuestAnswer } from '../../guest/protocol.ts';
import type { CustomQuarantine } from '../../policy/quarantine.ts';
import { reasonText } from '../../quarantine/decide.ts';
import type { PluginAnswer } from '../../quarantine/plugin.ts';
import type { Reported } from '../../quarantine/versions/origin.ts';
import type { DescriptorStore, MachineSpec } from '../machine/spec.ts';
import type { Asked, AskedPlugin } from '../plugins/asked-plugin.ts';
import type { AnswerLimit } from './answer-limit.ts';
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
  /**
   * Saves a report and enforces what follows from it, or leaves the old one and throws; undefined where that took too long
   * and was undone. @throws FILTER_FAILED, NETWORK_FAILED
   */
  adopt: (reported: Reported, limit: AnswerLimit, asked?: Asked) => Promise<Verdict | undefined>;
  /** What would follow from a report; the plug-in has spoken already where it is given. */
  foresee: (reported: Reported, plugin?: PluginAnswer) => Promise<Verdict>;
}

/** What a guest offers, and how long it may take to be answered. */
export interface Offer {
  descriptor: string;
  /** Only whether it would be taken is asked. */
  dry: boolean;
  limit: AnswerLimit;
}

/** Has the plug-in judge a report, while nobody waits in a queue for it; undefined where it has no say. @throws INTERRUPTED */
export async function askAbout(
  { spec, policy, plugin }: Pick<Reporting, 'spec' | 'policy' | 'plugin'>,
  { descriptor, dry, limit }: Offer,
): Promise<Asked | undefined> {
  const { quarantine } = policy.current.document.policy;
  if (spec.mode === 'free' || quarantine.type !== 'custom') return undefined;
  const occasion = { script: quarantine.script, policy: policy.current, descriptor };
  return plugin.ask(occasion, dry ? 'dry' : 'update', () => limit.leftMs);
}

/**
 * Takes a descriptor that a guest reports, or with `dry` says whether it would be taken. Judged, saved, enforced, and
 * only then answered (quarantine network §9); once its time is over, nothing is taken.
 * @throws FILTER_FAILED, NETWORK_FAILED
 */
export async function takeReport(machine: Reporting, offer: Offer, asked: Asked | undefined): Promise<Outcome> {
  const { spec, policy, descriptors } = machine;
  if (spec.mode === 'free') return { ok: false, reason: 'this machine was powered on without policies: use preview' };
  const { quarantine } = policy.current.document.policy;
  if (offer.limit.leftMs === 0) return tooLate();
  if (quarantine.type === 'custom') return takeByPlugin(machine, quarantine, offer, asked);
  const { descriptor: offered, dry, limit } = offer;
  const taken = await takenVersion(machine, offered);
  if (!taken.valid) return { ok: false, reason: taken.reason, mayBeNewer: spec.mode === 'installed' };
  const { reported, name, counter } = taken;
  if (!dry && counter !== undefined) await descriptors.keepCounter(counter);
  const verdict = dry ? await machine.foresee(reported) : await machine.adopt(reported, limit);
  return verdict ? { ok: true, reason: `${name}: ${inWords(verdict)}` } : tooLate();
}

function inWords({ decision }: Verdict): string {
  return `${decision.access} access, ${reasonText(decision)}`;
}

/** The guest has been told no by now, or is about to be: what it reported is not taken. */
export function tooLate(): Outcome {
  return { ok: false, reason: 'the host was busy for too long: try again' };
}

/** What a plug-in answers is validity and access in one (ACE 1.0 p. 248). */
async function takeByPlugin(
  { policy, plugin, adopt, foresee }: Reporting,
  { script }: CustomQuarantine,
  { descriptor, dry, limit }: Offer,
  asked: Asked | undefined,
): Promise<Answer> {
  const answer =
    asked && plugin.isAbout(asked, { script, policy: policy.current, descriptor }) ? asked.answer : undefined;
  if (!answer) return { ok: false, reason: 'the policy has changed meanwhile: try again' };
  if (answer.verdict === 'void') return { ok: false, reason: answer.why };
  if (answer.verdict === 'reject') return { ok: false, reason: 'the plug-in does not accept this descriptor' };
  const reported: Reported = { descriptor, origin: 'guest' };
  const verdict = dry ? await foresee(reported, answer) : await adopt(reported, limit, asked);
  return verdict ? { ok: true, reason: inWords(verdict) } : tooLate();
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
