import { AppError } from '../../lib/errors.ts';
import { canonicalJson } from '../../lib/json.ts';
import type { Script } from '../../policy/script.ts';
import type { PluginAnswer, PluginEvent } from '../../quarantine/plugin.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import type { Note } from '../access/followed-policy.ts';
import type { PluginQuestion, PluginReply } from './plugin.ts';

/** What a plug-in writes anew is told at most so often, so that it cannot drive everything else out of the events. */
const TELL_MS = 10_000;

export interface Occasion {
  event: PluginEvent;
  script: Script;
  policy: CurrentPolicy;
  descriptor: string | undefined;
  withinMs?: number;
}

/** A machine’s plug-in, and what it said last. */
export class AskedPlugin {
  readonly #ask: (question: PluginQuestion) => Promise<PluginReply>;
  readonly #note: Note;
  readonly #signal: AbortSignal;
  #last: { about: string; answer: PluginAnswer } | undefined;
  #told: { text: string; at: number } | undefined;

  constructor(ask: (question: PluginQuestion) => Promise<PluginReply>, note: Note, signal: AbortSignal) {
    this.#ask = ask;
    this.#note = note;
    this.#signal = signal;
  }

  /** Asks, and remembers nothing. @throws INTERRUPTED */
  async ask({ event, script, policy, descriptor, withinMs }: Occasion): Promise<PluginAnswer> {
    if (this.#signal.aborted) throw new AppError('INTERRUPTED', 'the machine is being released');
    const { project, vmId } = policy.document;
    const bound = withinMs === undefined ? {} : { withinMs };
    const question = { event, script, descriptor, project, vmId, ...bound, signal: this.#signal };
    const { answer, said } = await this.#ask(question);
    await this.#tell(event, answer, said.trim());
    return answer;
  }

  /** What it said last about the same script and descriptor, or, on a new `event` or where it was not asked, says now. @throws INTERRUPTED */
  async answer(occasion: Omit<Occasion, 'event'>, event: PluginEvent | undefined): Promise<PluginAnswer> {
    if (event === undefined && this.#last?.about === aboutOf(occasion)) return this.#last.answer;
    const answer = await this.ask({ ...occasion, event: event ?? 'interval' });
    this.remember(occasion, answer);
    return answer;
  }

  /** An answer that has become the machine’s. */
  remember(occasion: Omit<Occasion, 'event'>, answer: PluginAnswer): void {
    this.#last = { about: aboutOf(occasion), answer };
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

function aboutOf({ script, descriptor, policy }: Omit<Occasion, 'event'>): string {
  return canonicalJson([script, descriptor ?? null, policy.document.vmId]);
}
