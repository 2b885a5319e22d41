import type { MachineNetwork } from '../firewall/network.ts';
import type { GuestAnswer, NqSetRequest } from '../guest/protocol.ts';
import { AppError, failureOf } from '../lib/errors.ts';
import { Turns } from '../lib/turns.ts';
import { messageFor, reasonText } from '../quarantine/decide.ts';
import { judge } from '../quarantine/descriptor.ts';
import { sameDescriptor } from '../quarantine/versions.ts';
import type { CurrentPolicy } from '../store/policies.ts';
import { pause } from '../sys/pause.ts';
import type { EventLog, LoggedEvent } from './events.ts';
import { type Verdict, verdictOf } from './judge.ts';
import { nextLookupMs } from './schedule.ts';
import type { DescriptorStore, MachineSpec, PolicySource } from './spec.ts';

/** How long a policy server that cannot be watched now is left alone. */
const WATCH_AGAIN_MS = 10_000;
/** The filter’s modes, strictest first. */
const STRICTNESS = ['refuse', 'restricted', 'normal'];

export interface AccessParts {
  spec: MachineSpec;
  network: Pick<MachineNetwork, 'state' | 'switchTo' | 'changeLists'>;
  policies: PolicySource;
  descriptors: DescriptorStore;
  events: EventLog;
}

/** What anybody may know of a running machine’s access. */
export interface AccessReport {
  access: 'normal' | 'restricted' | 'refused';
  reason: string;
  message?: string;
  descriptor?: string;
  version?: string;
  policySerial: number;
  lookedUpAt?: string;
}

/**
 * Keeps one machine’s access what policy and version make it, from the start to the end. Everything that may change it
 * comes through one queue, so there is one judgement at a time.
 */
export class Access implements AsyncDisposable {
  readonly #parts: AccessParts;
  readonly #stop = new AbortController();
  #policy: CurrentPolicy;
  #descriptor: string | undefined;
  #verdict: Verdict;
  readonly #turns = new Turns();
  #timer: NodeJS.Timeout | undefined;
  #lookupFailed: string | undefined;
  /** The filter did not follow the verdict, so nothing passes. */
  #isClosed = false;
  #watching: Promise<void> = Promise.resolve();

  private constructor(
    parts: AccessParts,
    start: { policy: CurrentPolicy; descriptor: string | undefined; verdict: Verdict },
  ) {
    this.#parts = parts;
    this.#policy = start.policy;
    this.#descriptor = start.descriptor;
    this.#verdict = start.verdict;
  }

  /** Judges the machine for the first time. The filter has the verdict’s lists and mode when this returns. @throws FILTER_FAILED */
  static async begin(
    parts: AccessParts,
    start: { policy: CurrentPolicy; descriptor: string | undefined },
  ): Promise<Access> {
    const verdict = verdictOf(parts.spec.mode, start.policy, start.descriptor, await parts.policies.now());
    const access = new Access(parts, { ...start, verdict });
    await access.#enforce(verdict);
    access.#schedule();
    access.#watching = access.#watch();
    return access;
  }

  report(): AccessReport {
    const { decision } = this.#verdict;
    const { document, lookedUpAt } = this.#policy;
    const { quarantine } = document.policy;
    const message = messageFor(quarantine, decision);
    const versions = quarantine.type === 'version-based' ? quarantine.versions : [];
    const version = versions.find(({ descriptor }) => sameDescriptor(descriptor, this.#descriptor));
    return {
      access: this.#isClosed ? 'refused' : decision.access,
      reason: this.#reason(),
      ...(message === undefined ? {} : { message }),
      ...(this.#descriptor === undefined ? {} : { descriptor: this.#descriptor }),
      ...(version ? { version: version.name } : {}),
      policySerial: document.serial,
      ...(lookedUpAt === undefined ? {} : { lookedUpAt: new Date(lookedUpAt).toISOString() }),
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

  /** Looks the policy up and judges again. Resolves when the filter follows the outcome. */
  lookUp(): Promise<void> {
    return this.#turns.take(async () => {
      await this.#refreshPolicy();
      await this.#judgeAgain();
    });
  }

  /** Answers the guest’s `nq-set` (quarantine network §9): judged, saved, enforced, and only then answered. */
  answer({ descriptor, dry }: NqSetRequest): Promise<Omit<GuestAnswer, 'id'>> {
    return this.#turns.take(async () => {
      const answer = await this.#take(descriptor, dry);
      await this.#log('nq-set', `nq-set ${dry ? '-n ' : ''}${descriptor}: ${answer.ok ? 'valid' : answer.reason}`, {
        descriptor,
        dry,
        ok: answer.ok,
      });
      return answer;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#watching;
    await this.#turns.take(async () => undefined);
  }

  async #take(offered: string, dry: boolean): Promise<Omit<GuestAnswer, 'id'>> {
    const { spec } = this.#parts;
    if (spec.mode === 'free') return { ok: false, reason: 'this machine was powered on without policies: use preview' };
    let judgement = this.#judge(offered);
    if (!judgement.valid && spec.mode === 'installed') {
      // A version that is newer than our policy: it may have been deployed since (D4).
      await this.#refreshPolicy();
      judgement = this.#judge(offered);
    }
    if (!judgement.valid) return { ok: false, reason: judgement.reason };
    if (!dry) await this.#adopt(judgement.descriptor);
    const { decision } = dry ? await this.#verdictFor(judgement.descriptor) : this.#verdict;
    return { ok: true, reason: `${judgement.version.name}: ${decision.access} access, ${reasonText(decision)}` };
  }

  #judge(offered: string) {
    return judge(
      this.#policy.document.policy.quarantine,
      this.#descriptor,
      offered,
      this.#parts.spec.mode === 'preview',
    );
  }

  /** Saves a descriptor, then enforces what follows from it; if that fails, the old one is put back and nothing passes. */
  async #adopt(descriptor: string): Promise<void> {
    const { descriptors } = this.#parts;
    const before = this.#descriptor;
    await descriptors.write(descriptor);
    this.#descriptor = descriptor;
    try {
      await this.#judgeAgain();
    } catch (error) {
      this.#descriptor = before;
      await descriptors.write(before);
      throw error;
    }
  }

  async #verdictFor(descriptor: string | undefined): Promise<Verdict> {
    return verdictOf(this.#parts.spec.mode, this.#policy, descriptor, await this.#parts.policies.now());
  }

  async #judgeAgain(): Promise<void> {
    const before = this.#verdict.decision;
    const verdict = await this.#verdictFor(this.#descriptor);
    const durationMs = await this.#enforce(verdict);
    this.#verdict = verdict;
    const { decision } = verdict;
    if (decision.access === before.access && decision.reason === before.reason) return;
    const details = { from: before.access, to: decision.access, durationMs };
    await this.#log('access', `${before.access} → ${decision.access}: ${reasonText(decision)}`, details);
    const { quarantine } = this.#policy.document.policy;
    const message = messageFor(quarantine, decision);
    if (message !== undefined && message !== messageFor(quarantine, before)) await this.#log('message', message);
  }

  /**
   * Makes the filter follow a verdict, in milliseconds: a stricter mode before other lists, a wider one after them.
   * When it does not follow, it is closed. @throws FILTER_FAILED, NETWORK_FAILED
   */
  async #enforce({ lists, filterMode }: Verdict): Promise<number> {
    const { network } = this.#parts;
    const switchMode = async () =>
      network.state().mode === filterMode ? 0 : (await network.switchTo(filterMode)).durationMs;
    const changeLists = async () => (await network.changeLists(lists)).durationMs;
    try {
      const isStricter = STRICTNESS.indexOf(filterMode) < STRICTNESS.indexOf(network.state().mode);
      const [first, second] = isStricter ? [switchMode, changeLists] : [changeLists, switchMode];
      const durationMs = (await first()) + (await second());
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

  async #refreshPolicy(): Promise<void> {
    if (this.#parts.spec.mode !== 'installed') return;
    const before = this.#policy.document.serial;
    try {
      this.#policy = await this.#parts.policies.lookUp(this.#stop.signal);
      this.#lookupFailed = undefined;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#policy = await this.#parts.policies.current();
      const isNew = this.#lookupFailed !== error.code;
      this.#lookupFailed = error.code;
      if (isNew && !this.#stop.signal.aborted) await this.#log('lookup-failed', error.message, failureOf(error));
    }
    const { serial } = this.#policy.document;
    if (serial !== before) await this.#log('policy', `policy ${serial} in force`, { from: before, to: serial });
  }

  /** Looks up as soon as the policy server says that there is something new; a plain one is asked at the interval alone. */
  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    if (this.#parts.spec.mode !== 'installed') return;
    while (!signal.aborted) {
      try {
        const watched = await this.#parts.policies.watch(signal);
        if (watched === 'unsupported') return;
        if (watched === 'same') continue;
        const { serial } = this.#policy.document;
        await this.lookUp();
        // A server that speaks of news and has none is not asked over and over.
        if (this.#policy.document.serial === serial) await pause(WATCH_AGAIN_MS, signal);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        await pause(WATCH_AGAIN_MS, signal);
      }
    }
  }

  #schedule(): void {
    if (this.#stop.signal.aborted || this.#parts.spec.mode !== 'installed') return;
    const { document, lookedUpAt } = this.#policy;
    const delay = nextLookupMs(document.policy.quarantine, lookedUpAt, Date.now(), Math.random());
    this.#timer = setTimeout(() => {
      this.lookUp()
        .catch((error: unknown) => this.#log('failed', 'the policy could not be enforced', failureOf(error)))
        .finally(() => this.#schedule());
    }, delay);
    this.#timer.unref();
  }

  async #log(kind: LoggedEvent['kind'], text: string, details?: object): Promise<void> {
    const at = new Date(await this.#parts.policies.now()).toISOString();
    await this.#parts.events.add({
      at,
      vm: this.#parts.spec.name,
      kind,
      text,
      ...(details ? { details: { ...details } } : {}),
    });
  }
}
