import { Turns } from '../../lib/turns.ts';
import { type Expiration, NEVER } from '../../policy/expiration.ts';
import { type Term, type TermFacts, termOf } from '../../policy/parts/term.ts';
import type { PolicyDocument } from '../../policy/schema.ts';
import type { PluginEvent } from '../../quarantine/plugin.ts';
import { readIfThere, writeFileAtomic } from '../../sys/files/files.ts';
import type { Note } from '../access/followed-policy.ts';
import type { RunMode } from '../machine/spec.ts';
import { type AskRenewal, renewalOf } from './renewal.ts';

/** How often a renewal plug-in is asked while the machine runs (ACE 1.0 p. 244). */
const ASK_MS = 24 * 3_600_000;

/** What is known of the time that a machine has. */
export interface TermSource {
  /** A time that never goes back, in milliseconds. @throws STATE_DAMAGED */
  now(): Promise<number>;
  /** @throws STATE_DAMAGED */
  facts(): Promise<TermFacts>;
  renew(renewal: NonNullable<TermFacts['renewal']>): Promise<void>;
}

export interface TermParts {
  mode: RunMode;
  source: TermSource;
  askRenewal: AskRenewal;
  note: Note;
  /** Where it is kept when the plug-in was asked last, as long as the machine runs. */
  askedPath: string;
}

/** The time that a machine may be used, as it was looked at last. */
export class KnownTerm {
  readonly #parts: TermParts;
  readonly #turns = new Turns();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #last: { facts: TermFacts; now: number; at: number } | undefined;
  #term: Term = { state: 'valid' };

  /** `signal` ends it, as `end` does. */
  constructor(parts: TermParts, signal?: AbortSignal) {
    this.#parts = parts;
    this.#signal = AbortSignal.any([this.#stop.signal, ...(signal ? [signal] : [])]);
  }

  get term(): Term {
    return this.#term;
  }

  /** How much is left of it; nothing, or less, once it is over. */
  leftMs(): number {
    const { endsAt } = this.#term;
    return endsAt === undefined ? Number.POSITIVE_INFINITY : endsAt - this.#presentTime();
  }

  /** Looks how much time is left; on an event its plug-in is asked before. @throws STATE_DAMAGED, INTERRUPTED, DISK_FULL */
  look(document: PolicyDocument, event?: PluginEvent): Promise<Term> {
    return this.#turns.take(async () => {
      this.#term = await this.#looked(document, event);
      return this.#term;
    });
  }

  /** The same, and its plug-in is asked where a day has passed since it was asked last. */
  async lookInTime(document: PolicyDocument): Promise<Term> {
    const { expiration } = document.policy;
    const isAsked = expiration !== undefined && expiration.type !== 'never' && expiration.renewal !== undefined;
    return this.look(document, isAsked && (await this.#isAskDue()) ? 'interval' : undefined);
  }

  /** Asks nobody any more: whatever waits for a plug-in fails now. */
  end(): void {
    this.#stop.abort();
  }

  /** What could be read before, at the present time: a machine that runs goes on by that. */
  lookWithout(expiration: Expiration = NEVER): void {
    if (this.#last) this.#term = termOf(expiration, this.#last.facts, this.#presentTime());
  }

  async #looked(document: PolicyDocument, event?: PluginEvent): Promise<Term> {
    const { mode, source } = this.#parts;
    const { expiration = NEVER } = document.policy;
    if (mode === 'free' || expiration.type === 'never') return { state: 'valid' };
    const now = await source.now();
    const facts = await source.facts();
    this.#last = { facts, now, at: performance.now() };
    const term = termOf(expiration, facts, now);
    if (event === undefined || !expiration.renewal) return term;
    const asked = { script: expiration.renewal, event, document, term, now, signal: this.#signal };
    const { answer, said } = await this.#parts.askRenewal(asked);
    const problem = answer.verdict === 'void' ? { why: answer.why, code: answer.code } : undefined;
    const words = [problem?.why, said.trim()].filter(Boolean).join('\n');
    const code = problem ? { code: problem.code } : {};
    if (words !== '') await this.#parts.note('plugin', words, { event, verdict: answer.verdict, ...code });
    await writeFileAtomic(this.#parts.askedPath, `${Math.floor(now)}\n`, 0o600);
    const renewal = renewalOf(answer, expiration, now);
    if (!renewal) return term;
    await source.renew(renewal);
    this.#last = { facts: { ...facts, renewal }, now, at: performance.now() };
    return termOf(expiration, { ...facts, renewal }, now);
  }

  async #isAskDue(): Promise<boolean> {
    const asked = Number((await readIfThere(this.#parts.askedPath, 64))?.toString('utf8') ?? 'none');
    return !Number.isFinite(asked) || (await this.#parts.source.now()) >= asked + ASK_MS;
  }

  #presentTime(): number {
    return this.#last ? this.#last.now + (performance.now() - this.#last.at) : Date.now();
  }
}
