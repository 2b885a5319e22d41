import type { NqSetRequest } from '../../guest/protocol.ts';
import { failureOf } from '../../lib/errors.ts';
import { Turns } from '../../lib/turns.ts';
import type { PluginEvent } from '../../quarantine/plugin.ts';
import type { Reported } from '../../quarantine/versions/origin.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import { type Asked, AskedPlugin } from '../plugins/asked-plugin.ts';
import { noteChange, tellReport } from './access-events.ts';
import type { AccessParts, Start } from './access-parts.ts';
import { AnswerLimit } from './answer-limit.ts';
import { FollowedPolicy, type Note } from './followed-policy.ts';
import { followZone } from './followed-zone.ts';
import { FollowingFilter } from './following-filter.ts';
import { Judge } from './judge.ts';
import { LookUpTimer } from './look-up-timer.ts';
import { type AccessReport, accessReport } from './report.ts';
import { nextLookupMs } from './schedule.ts';
import { type Answer, askAbout, type Offer, type Reporting, takeReport, tooLate } from './take-report.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** When a plug-in is asked whose word about what has just changed is missing. */
const ASK_SOON_MS = 1000;

/**
 * Keeps one machine’s access what policy, version and plug-in make it, from the start to the end. Everything that may
 * change it comes through one queue, so there is one judgement at a time. Nobody in it waits for a policy server or a plug-in:
 * they are asked outside, and what they say comes through the queue, where it is looked at whether it is still about what is.
 */
export class Access implements AsyncDisposable {
  readonly #parts: AccessParts;
  readonly #stop = new AbortController();
  readonly #policy: FollowedPolicy;
  readonly #plugin: AskedPlugin;
  readonly #judge: Judge;
  readonly #filter: FollowingFilter;
  #reported: Reported | undefined;
  #verdict: Verdict;
  readonly #turns = new Turns();
  readonly #lookUps = new Turns();
  readonly #timer = new LookUpTimer(() => this.#lookUpInTime());
  /** The plug-in has a say, and has not said a word about what is. */
  #isUnasked = false;
  #onJudged: (event?: PluginEvent) => Promise<void> = async () => undefined;
  #watching: Promise<void> = Promise.resolve();
  #following: Promise<void> = Promise.resolve();

  private constructor(parts: AccessParts, { policy, reported }: Start, now: number) {
    const { signal } = this.#stop;
    this.#parts = parts;
    this.#policy = new FollowedPolicy(parts.policies, policy, this.#log, signal);
    this.#plugin = new AskedPlugin(parts, this.#log, signal);
    this.#judge = new Judge(parts, this.#policy, this.#plugin);
    this.#filter = new FollowingFilter(parts.network, this.#log);
    this.#reported = reported;
    const { enforcement } = parts;
    this.#verdict = verdictOf({ mode: parts.spec.mode, policy, reported, now, enforcement });
  }

  /** Judges the machine for the first time. The filter has the verdict’s lists and mode when this returns. @throws FILTER_FAILED */
  static async begin(parts: AccessParts, start: Start): Promise<Access> {
    const access = new Access(parts, start, await parts.policies.now());
    const { plugin, policy } = start;
    const asked =
      typeof plugin === 'string' ? await access.#judge.askedAbout(policy, start.reported, plugin) : plugin.said;
    access.#verdict = await access.#verdictFor(start.reported, asked);
    await access.#filter.follow(access.#verdict);
    access.#schedule();
    if (parts.spec.mode === 'installed') access.#watching = access.#policy.watch(() => access.lookUp());
    if (parts.spec.mode !== 'free') access.#following = access.#followZone();
    return access;
  }

  report(): AccessReport {
    const { mode } = this.#parts.spec;
    return accessReport({
      ...{
        mode,
        policy: this.#policy,
        reported: this.#reported,
        verdict: this.#verdict,
        isClosed: this.#filter.isClosed,
      },
    });
  }

  /** The policy in force. */
  get policy(): CurrentPolicy {
    return this.#policy.current;
  }

  /** What else follows from a policy is done by `follow` before a look-up resolves. */
  whenJudged(follow: (event?: PluginEvent) => Promise<void>): void {
    this.#onJudged = follow;
  }

  /** The lists and the mode in force, for `explain`. */
  get verdict(): Verdict {
    return this.#filter.isClosed ? { ...this.#verdict, filterMode: 'refuse' } : this.#verdict;
  }

  /**
   * Looks the policy up and judges again; on an event the plug-in is asked anew. Resolves when the filter follows the
   * outcome. The one door for whatever makes a machine another than it was: a reset, and later resume and revert.
   */
  lookUp(event?: PluginEvent): Promise<void> {
    return this.#lookUps.share(event ?? 'policy', async () => {
      if (this.#parts.spec.mode !== 'installed') return this.#judgeUnder(undefined, event);
      const found = await this.#policy.fetch();
      await this.#judgeUnder(found.policy, event, () => this.#policy.take(found));
    });
  }

  /** Judges again by what this computer has, such as what a package just brought; no policy server is asked. */
  async judgeInstalled(): Promise<void> {
    if (this.#parts.spec.mode !== 'installed') return this.#judgeUnder(undefined);
    const { policy } = await this.#policy.kept();
    await this.#judgeUnder(policy, undefined, () => this.#policy.become(policy));
  }

  /** Asks the plug-in under a policy, where it has a say, then makes that current and judges by it. */
  async #judgeUnder(policy = this.#policy.current, event?: PluginEvent, become?: () => Promise<void>): Promise<void> {
    const asked = await this.#judge.askedAbout(policy, this.#reported, event);
    try {
      await this.#turns.take(async () => {
        await become?.();
        this.#schedule();
        await this.#judgeAgain(asked);
      });
    } finally {
      // A filter that fails closes the machine’s network, and nothing else of what a policy takes back.
      await this.#onJudged(event);
    }
  }

  /**
   * Answers the guest’s `nq-set`, which was read at `since`, on the clock of `performance` (quarantine network §9): judged, saved,
   * enforced, and only then answered.
   */
  async answer({ descriptor, dry }: NqSetRequest, since = performance.now()): Promise<Answer> {
    const limit = new AnswerLimit(since, this.#parts.answerMs);
    const answer = await limit.within(this.#reportTaken({ descriptor, dry, limit }), tooLate());
    // The guest waits for its answer; what happened is told to others meanwhile.
    const { spec, events } = this.#parts;
    void tellReport(events, spec.name, { descriptor, dry }, answer);
    return answer;
  }

  async #reportTaken(offer: Offer): Promise<Answer> {
    const take = async () => {
      const asked = await askAbout(this.#reporting(), offer);
      return this.#turns.take(() => takeReport(this.#reporting(), offer, asked));
    };
    let { mayBeNewer, ...answer } = await take();
    // A version that is newer than our policy: it may have been deployed since (D4).
    if (mayBeNewer)
      ({ mayBeNewer, ...answer } = (await offer.limit.isInTime(this.lookUp())) ? await take() : tooLate());
    return answer;
  }

  #reporting(): Reporting {
    const { spec, descriptors } = this.#parts;
    return {
      ...{ spec, descriptors, policy: this.#policy, plugin: this.#plugin, reported: this.#reported },
      adopt: (reported, limit, asked) => this.#adopt(reported, limit, asked),
      foresee: async (reported, plugin) => verdictOf({ ...(await this.#judge.judged(reported)), plugin }),
    };
  }

  /** Asks nobody any more: whatever waits for a plug-in or a policy server fails now. */
  end(): void {
    this.#stop.abort();
    this.#timer[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    await this.#watching;
    await this.#following;
    await this.#lookUps.take(async () => undefined);
    await this.#turns.take(async () => undefined);
  }

  /**
   * Saves a descriptor, then enforces what follows from it. If that fails, the old one is put back and nothing passes; if it
   * takes too long, the old one is put back before the guest is told, and enforced: then there is no verdict.
   */
  async #adopt(reported: Reported, limit: AnswerLimit, asked: Asked | undefined): Promise<Verdict | undefined> {
    const before = { reported: this.#reported, asked: this.#plugin.last };
    const putBack = async () => {
      this.#reported = before.reported;
      await this.#parts.descriptors
        .write(before.reported)
        .catch((cause: unknown) => this.#log('failed', 'the former version could not be put back', failureOf(cause)));
    };
    await this.#parts.descriptors.write(reported);
    this.#reported = reported;
    limit.undoBy(putBack);
    try {
      if (!limit.isOver) await this.#judgeAgain(asked);
      if (!limit.isOver) return this.#verdict;
    } catch (error) {
      await putBack();
      throw error;
    }
    await putBack();
    await this.#judgeAgain(before.asked);
    return undefined;
  }

  /** Without a word of a plug-in that has a say, access is restricted until it is asked. */
  async #verdictFor(reported: Reported | undefined, asked?: Asked): Promise<Verdict> {
    const { verdict, isUnasked } = await this.#judge.verdict(reported, asked);
    this.#isUnasked = isUnasked;
    return verdict;
  }

  async #judgeAgain(asked?: Asked): Promise<void> {
    const before = this.#verdict;
    const verdict = await this.#verdictFor(this.#reported, asked);
    if (this.#isUnasked) this.#schedule();
    const durationMs = await this.#filter.follow(verdict);
    this.#verdict = verdict;
    await noteChange(this.#log, [before, verdict], this.#policy.current.document.policy.quarantine, durationMs);
  }

  #followZone(): Promise<void> {
    const parts = {
      quarantine: () => this.#policy.current.document.policy.quarantine,
      host: this.#parts.host,
      zone: () => this.#verdict.zone,
      judgeAgain: () => this.#turns.take(() => this.#judgeAgain()),
      note: this.#log,
    };
    return followZone(parts, this.#stop.signal);
  }

  /** Sets the timer by the policy in force. */
  #schedule(): void {
    const { signal } = this.#stop;
    if (signal.aborted || this.#parts.spec.mode === 'free') return;
    const { document, lookedUpAt } = this.#policy.current;
    const { failures } = this.#policy;
    const delay = this.#isUnasked
      ? ASK_SOON_MS
      : nextLookupMs(document.policy.quarantine, lookedUpAt, Date.now(), Math.random(), failures);
    this.#timer.set(delay);
  }

  #lookUpInTime(): void {
    this.lookUp('interval')
      .catch(async (error: unknown) => {
        if (!this.#stop.signal.aborted) await this.#log('failed', 'the policy could not be enforced', failureOf(error));
      })
      .finally(() => this.#schedule());
  }

  readonly #log: Note = async (kind, text, details) => {
    const { name: vm } = this.#parts.spec;
    await this.#parts.events.add({ vm, kind, text, ...(details ? { details: { ...details } } : {}) });
  };
}
