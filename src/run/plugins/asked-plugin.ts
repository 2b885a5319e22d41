import { AppError } from '../../lib/errors.ts';
import { canonicalJson } from '../../lib/json.ts';
import { Turns } from '../../lib/turns.ts';
import type { Script } from '../../policy/parts/script.ts';
import type { PluginAnswer, PluginEvent } from '../../quarantine/plugin.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import type { Note } from '../access/followed-policy.ts';
import { isReport, type PluginQuestion, type PluginReply } from './plugin.ts';

/** What a plug-in writes anew is told at most so often, so that it cannot drive everything else out of the events. */
const TELL_MS = 10_000;

/** What a plug-in is asked about. */
export interface Occasion {
  script: Script;
  policy: CurrentPolicy;
  descriptor: string | undefined;
}

/** What it said, and about what: by the time it is used, another descriptor or script may have taken the place. */
export interface Asked {
  about: string;
  answer: PluginAnswer;
  /** When it said so, in milliseconds since 1970. */
  at: number;
}

/** How a machine’s plug-in is asked, and where what it said is kept for the next service. */
export interface PluginParts {
  askPlugin: (question: PluginQuestion) => Promise<PluginReply>;
  keepWord: (asked: Asked) => Promise<void>;
}

/**
 * A machine’s plug-in, and what it said last. It is asked outside of all queues in which anything is decided. Reports of the
 * guest are asked about one after the other, beside one question of the service’s own.
 */
export class AskedPlugin {
  readonly #ask: (question: PluginQuestion) => Promise<PluginReply>;
  readonly #note: Note;
  readonly #keep: (asked: Asked) => Promise<void>;
  readonly #signal: AbortSignal;
  readonly #reports = new Turns();
  readonly #events = new Turns();
  #last: Asked | undefined;
  #told: { text: string; at: number } | undefined;

  constructor({ askPlugin, keepWord }: PluginParts, note: Note, signal: AbortSignal) {
    this.#ask = askPlugin;
    this.#keep = keepWord;
    this.#note = note;
    this.#signal = signal;
  }

  /** What its last word was that counted. */
  get last(): Asked | undefined {
    return this.#last;
  }

  /** Asks; `leftMs` says, when it is its turn, how long it may take. @throws INTERRUPTED */
  ask(occasion: Occasion, event: PluginEvent, leftMs?: () => number): Promise<Asked> {
    const turns = isReport(event) ? this.#reports : this.#events;
    return turns.take(() => this.#asked(occasion, event, leftMs?.()));
  }

  /** What it said of the same before, or, on a new `event` or where it was not asked, says now. @throws INTERRUPTED */
  async word(occasion: Occasion, event: PluginEvent | undefined): Promise<Asked> {
    if (event === undefined && this.#last && this.isAbout(this.#last, occasion)) return this.#last;
    return this.ask(occasion, event ?? 'interval');
  }

  /**
   * What it said of this: just now, or before. A word about anything else is none. One that counts from now on is kept
   * before anything follows from it: a service that is killed leaves no word that was taken back.
   */
  async known(occasion: Occasion, asked: Asked | undefined): Promise<PluginAnswer | undefined> {
    if (asked && asked !== this.#last && this.isAbout(asked, occasion)) {
      this.#last = asked;
      await this.#keep(asked);
    }
    return this.#last && this.isAbout(this.#last, occasion) ? this.#last.answer : undefined;
  }

  isAbout({ about }: Asked, occasion: Occasion): boolean {
    return about === aboutOf(occasion);
  }

  async #asked({ script, policy, descriptor }: Occasion, event: PluginEvent, withinMs?: number): Promise<Asked> {
    if (this.#signal.aborted) throw new AppError('INTERRUPTED', 'the machine is being released');
    const { project, vmId } = policy.document;
    const bound = withinMs === undefined ? {} : { withinMs };
    const question = { event, script, descriptor, project, vmId, ...bound, signal: this.#signal };
    const { answer, said } = await this.#ask(question);
    await this.#tell(event, answer, said.trim());
    return { about: aboutOf({ script, policy, descriptor }), answer, at: Date.now() };
  }

  async #tell(event: PluginEvent, answer: PluginAnswer, said: string): Promise<void> {
    const problem = answer.verdict === 'void' ? answer.why : undefined;
    const text = [problem, said].filter(Boolean).join('\n');
    const now = performance.now();
    if (text === '' || text === this.#told?.text) return;
    if (this.#told && now - this.#told.at < TELL_MS && problem === undefined) return;
    this.#told = { text, at: now };
    const code = answer.verdict === 'void' ? { code: answer.code } : {};
    await this.#note('plugin', text, { event, verdict: answer.verdict, ...code });
  }
}

function aboutOf({ script, descriptor, policy }: Occasion): string {
  return canonicalJson([script, descriptor ?? null, policy.document.vmId]);
}
