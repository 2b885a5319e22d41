import type { NqSetRequest } from '../../guest/protocol.ts';
import { failureOf } from '../../lib/errors.ts';
import { Turns } from '../../lib/turns.ts';
import type { Enforcement, Quarantine, VersionOrigin } from '../../policy/quarantine.ts';
import { messageFor, reasonText } from '../../quarantine/decide.ts';
import type { Reported } from '../../quarantine/origin.ts';
import type { PluginAnswer, PluginEvent } from '../../quarantine/plugin.ts';
import type { HostFacts } from '../../quarantine/zones.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import { pause } from '../../sys/pause.ts';
import type { EventLog } from '../computer/events.ts';
import type { DescriptorStore, MachineSpec, PolicySource } from '../machine/spec.ts';
import { AskedPlugin } from '../plugins/asked-plugin.ts';
import type { PluginQuestion, PluginReply } from '../plugins/plugin.ts';
import { enforce, type Filter } from './enforce.ts';
import { FollowedPolicy, type LookUpFailure, type Note } from './followed-policy.ts';
import { followZone } from './followed-zone.ts';
import { nextLookupMs } from './schedule.ts';
import { type Answer, type Reporting, takeReport, tooLate } from './take-report.ts';
import { shownVersion } from './taken-version.ts';
import { type Judged, scriptToAsk, type Verdict, verdictOf } from './verdict.ts';

/** A guest waits 15 seconds (docs/formats/guest.md §6). What is not judged in good time before that is answered no, and never taken. */
const ANSWER_MS = 13_000;
/** Of a descriptor, in the log of events. */
const MAX_SHOWN = 128;

export interface AccessParts {
  spec: MachineSpec;
  network: Filter;
  policies: PolicySource;
  descriptors: DescriptorStore;
  events: EventLog;
  enforcement: Enforcement;
  /** What the computer knows of its networks, as far as a quarantine asks. */
  host: (quarantine: Quarantine) => Promise<HostFacts | undefined>;
  askPlugin: (question: PluginQuestion) => Promise<PluginReply>;
  /** How long a guest may wait for its answer. */
  answerMs?: number;
}

/** What a machine begins with, and why it is judged. */
interface Start {
  policy: CurrentPolicy;
  reported: Reported | undefined;
  event: PluginEvent;
}

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

/**
 * Keeps one machine’s access what policy, version and plug-in make it, from the start to the end. Everything that may
 * change it comes through one queue, so there is one judgement at a time. Nobody in it waits for a policy server: look-ups
 * have a queue of their own, and what they bring comes through the first one.
 */
export class Access implements AsyncDisposable {
  readonly #parts: AccessParts;
  readonly #stop = new AbortController();
  readonly #policy: FollowedPolicy;
  readonly #plugin: AskedPlugin;
  #reported: Reported | undefined;
  #verdict: Verdict;
  readonly #turns = new Turns();
  readonly #lookUps = new Turns();
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  /** The filter did not follow the verdict, so nothing passes. */
  #isClosed = false;
  #watching: Promise<void> = Promise.resolve();
  #following: Promise<void> = Promise.resolve();

  private constructor(parts: AccessParts, { policy, reported }: Start, now: number) {
    const { signal } = this.#stop;
    this.#parts = parts;
    this.#policy = new FollowedPolicy(parts.policies, policy, this.#log, signal);
    this.#plugin = new AskedPlugin(parts.askPlugin, this.#log, signal);
    this.#reported = reported;
    const { enforcement } = parts;
    this.#verdict = verdictOf({ mode: parts.spec.mode, policy, reported, now, enforcement });
  }

  /** Judges the machine for the first time. The filter has the verdict’s lists and mode when this returns. @throws FILTER_FAILED */
  static async begin(parts: AccessParts, start: Start): Promise<Access> {
    const access = new Access(parts, start, await parts.policies.now());
    access.#verdict = await access.#verdictFor(start.reported, start.event);
    await access.#enforce(access.#verdict);
    access.#schedule();
    if (parts.spec.mode === 'installed') access.#watching = access.#policy.watch(() => access.lookUp());
    if (parts.spec.mode !== 'free') access.#following = access.#followZone();
    return access;
  }

  report(): AccessReport {
    const { decision } = this.#verdict;
    const { document, lookedUpAt } = this.#policy.current;
    const { lookUpFailed } = this.#policy;
    const { quarantine } = document.policy;
    const message = messageFor(quarantine, decision);
    return {
      access: this.#isClosed ? 'refused' : decision.access,
      reason: this.#reason(),
      ...(message === undefined ? {} : { message }),
      ...(this.#reported ? shownVersion(quarantine, this.#reported) : {}),
      ...(this.#verdict.zone === undefined ? {} : { zone: this.#verdict.zone }),
      policySerial: document.serial,
      ...(lookedUpAt === undefined ? {} : { lookedUpAt: new Date(lookedUpAt).toISOString() }),
      ...(lookUpFailed ? { lookUpFailed } : {}),
    };
  }

  /** The lists and the mode in force, for `explain`. */
  get verdict(): Verdict {
    return this.#isClosed ? { ...this.#verdict, filterMode: 'refuse' } : this.#verdict;
  }

  #reason(): string {
    if (this.#isClosed) return 'the packet filter could not be set, so nothing passes';
    return this.#parts.spec.mode === 'free' ? 'it was powered on without policies' : reasonText(this.#verdict.decision);
  }

  /**
   * Looks the policy up and judges again; on an event the plug-in is asked anew. Resolves when the filter follows the
   * outcome. The one door for whatever makes a machine another than it was: a reset, and later resume and revert.
   */
  lookUp(event?: PluginEvent): Promise<void> {
    return this.#lookUps.share(event ?? 'policy', async () => {
      const fetched = this.#parts.spec.mode === 'installed' ? await this.#policy.fetch() : undefined;
      await this.#turns.take(async () => {
        if (fetched) await this.#policy.take(fetched);
        this.#schedule();
        await this.#judgeAgain(event);
      });
    });
  }

  /** Judges again by what this computer has, such as what a package just brought; nobody is asked. */
  judgeInstalled(): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#parts.spec.mode === 'installed') await this.#policy.takeKept();
      this.#schedule();
      await this.#judgeAgain();
    });
  }

  /** Answers the guest’s `nq-set` (quarantine network §9): judged, saved, enforced, and only then answered. */
  async answer({ descriptor, dry }: NqSetRequest): Promise<Answer> {
    const until = performance.now() + (this.#parts.answerMs ?? ANSWER_MS);
    const take = () => this.#turns.take(() => takeReport(this.#reporting(), descriptor, dry, until));
    let { mayBeNewer, ...answer } = await take();
    // A version that is newer than our policy: it may have been deployed since (D4).
    if (mayBeNewer) ({ mayBeNewer, ...answer } = (await this.#isLookedUp(until)) ? await take() : tooLate());
    await this.#tellReport(descriptor, dry, answer);
    return answer;
  }

  /** Looks the policy up, but waits no longer than `until`. */
  async #isLookedUp(until: number): Promise<boolean> {
    const waited = new AbortController();
    const late = pause(Math.max(0, until - performance.now()), waited.signal).then(() => false);
    try {
      return await Promise.race([this.lookUp().then(() => true), late]);
    } finally {
      waited.abort();
    }
  }

  /** A guest that reports the same over and over, in vain, is told of once, with a count. */
  async #tellReport(descriptor: string, dry: boolean, { ok, reason }: Answer): Promise<void> {
    const shown = descriptor.length > MAX_SHOWN ? `${descriptor.slice(0, MAX_SHOWN)}…` : descriptor;
    await this.#parts.events.add({
      ...{ vm: this.#parts.spec.name, kind: 'nq-set', details: { descriptor: shown, dry, ok } },
      text: `nq-set ${dry ? '-n ' : ''}${shown}: ${ok ? 'valid' : reason}`,
      ...(ok ? {} : { same: reason }),
    });
  }

  #reporting(): Reporting {
    const { spec, descriptors } = this.#parts;
    return {
      ...{ spec, descriptors, policy: this.#policy, plugin: this.#plugin, reported: this.#reported },
      adopt: async (reported) => {
        await this.#adopt(reported);
        return this.#verdict;
      },
      foresee: async (reported, plugin) =>
        plugin ? verdictOf({ ...(await this.#judged(reported)), plugin }) : this.#verdictFor(reported),
    };
  }

  /** Asks nobody any more: whatever waits for a plug-in or a policy server fails now. */
  end(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    await this.#watching;
    await this.#following;
    await this.#lookUps.take(async () => undefined);
    await this.#turns.take(async () => undefined);
  }

  /** Saves a descriptor, then enforces what follows from it; if that fails, the old one is put back and nothing passes. */
  async #adopt(reported: Reported): Promise<void> {
    const { descriptors } = this.#parts;
    const before = this.#reported;
    await descriptors.write(reported);
    this.#reported = reported;
    try {
      await this.#judgeAgain();
    } catch (error) {
      this.#reported = before;
      await descriptors
        .write(before)
        .catch((cause: unknown) => this.#log('failed', 'the former version could not be put back', failureOf(cause)));
      throw error;
    }
  }

  async #judged(reported: Reported | undefined): Promise<Omit<Judged, 'plugin'>> {
    const now = await this.#parts.policies.now();
    const host = await this.#parts.host(this.#policy.current.document.policy.quarantine);
    return {
      mode: this.#parts.spec.mode,
      policy: this.#policy.current,
      reported,
      now,
      host,
      enforcement: this.#parts.enforcement,
    };
  }

  async #verdictFor(reported: Reported | undefined, event?: PluginEvent): Promise<Verdict> {
    const judged = await this.#judged(reported);
    const script = scriptToAsk(judged);
    if (!script) return verdictOf(judged);
    const plugin: PluginAnswer = await this.#plugin.answer(
      { script, policy: judged.policy, descriptor: reported?.descriptor },
      event,
    );
    return verdictOf({ ...judged, plugin });
  }

  async #judgeAgain(event?: PluginEvent): Promise<void> {
    const before = this.#verdict.decision;
    const verdict = await this.#verdictFor(this.#reported, event);
    const zoneBefore = this.#verdict.zone;
    const durationMs = await this.#enforce(verdict);
    this.#verdict = verdict;
    if (verdict.zone !== zoneBefore)
      await this.#log('zone', `zone ${zoneBefore ?? 'none'} → ${verdict.zone ?? 'none'}`, {
        from: zoneBefore,
        to: verdict.zone,
      });
    const { decision } = verdict;
    if (decision.access === before.access && decision.reason === before.reason) return;
    const details = { from: before.access, to: decision.access, durationMs };
    await this.#log('access', `${before.access} → ${decision.access}: ${reasonText(decision)}`, details);
    const { quarantine } = this.#policy.current.document.policy;
    const message = messageFor(quarantine, decision);
    if (message !== undefined && message !== messageFor(quarantine, before)) await this.#log('message', message);
  }

  /** Makes the filter follow a verdict, in milliseconds. When it does not follow, it is closed. @throws FILTER_FAILED, NETWORK_FAILED */
  async #enforce(verdict: Verdict): Promise<number> {
    const { network } = this.#parts;
    try {
      const durationMs = await enforce(network, verdict);
      this.#isClosed = false;
      return durationMs;
    } catch (error) {
      this.#isClosed = true;
      await network
        .switchTo('refuse')
        .catch((cause: unknown) => this.#log('failed', 'the packet filter could not be closed', failureOf(cause)));
      throw error;
    }
  }

  #followZone(): Promise<void> {
    const parts = {
      quarantine: () => this.#policy.current.document.policy.quarantine,
      host: this.#parts.host,
      zone: () => this.#verdict.zone,
      judge: () => this.#turns.take(() => this.#judgeAgain()),
      note: this.#log,
    };
    return followZone(parts, this.#stop.signal);
  }

  /** Sets the timer by the policy in force; one that is set goes off no later for it. */
  #schedule(): void {
    const { signal } = this.#stop;
    if (signal.aborted || this.#parts.spec.mode === 'free') return;
    const { document, lookedUpAt } = this.#policy.current;
    const { failures } = this.#policy;
    const delay = nextLookupMs(document.policy.quarantine, lookedUpAt, Date.now(), Math.random(), failures);
    const due = performance.now() + delay;
    if (this.#timer && this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.lookUp('interval')
        .catch(async (error: unknown) => {
          if (!signal.aborted) await this.#log('failed', 'the policy could not be enforced', failureOf(error));
        })
        .finally(() => this.#schedule());
    }, delay);
    this.#timer.unref();
  }

  readonly #log: Note = async (kind, text, details) => {
    const { name: vm } = this.#parts.spec;
    await this.#parts.events.add({ vm, kind, text, ...(details ? { details: { ...details } } : {}) });
  };
}
