import type { Expiration } from '../../policy/expiration.ts';
import type { Script } from '../../policy/parts/script.ts';
import { expireTime, limitOf, type Renewal, renewedEnd, type Term } from '../../policy/parts/term.ts';
import type { PolicyDocument } from '../../policy/schema.ts';
import { type PluginEnd, type PluginEvent, readWord, type Voided, wrongWord } from '../../quarantine/plugin.ts';
import { type PluginReply, type PluginSource, runPlugin } from '../plugins/plugin.ts';

/** What a renewal plug-in said: another end, or null for none; `none` where it changes nothing. */
export type RenewalAnswer = { verdict: 'renewed'; endsAt: number | null } | { verdict: 'none' } | Voided;

/** Asks a renewal plug-in. Whatever goes wrong with it changes nothing (fact 73). @throws INTERRUPTED */
export type AskRenewal = (question: RenewalQuestion) => Promise<PluginReply<RenewalAnswer>>;

interface RenewalQuestion {
  script: Script;
  event: PluginEvent;
  document: PolicyDocument;
  term: Term;
  /** In milliseconds: what days are counted from. */
  now: number;
  signal: AbortSignal;
}

/** Renewal plug-ins are run beside those of quarantine, as the same user, in a folder of their own. */
export function renewalAsker(plugins: PluginSource, uid: number | undefined): AskRenewal {
  const source = { ...plugins, folder: `${plugins.folder}.renewal` };
  return ({ script, event, document: { project, vmId }, term, now, signal }) => {
    const question = { script, event, descriptor: undefined, project, vmId, expireTime: expireTime(term), signal };
    return runPlugin(question, source, uid, (run) => readRenewal(run, now));
  };
}

/** Reads a run by the manual’s contract: exit status 0, and exactly one number on standard output, with one line end or none. */
export function readRenewal(run: PluginEnd, now: number): RenewalAnswer {
  const read = readWord(run);
  if ('verdict' in read) return read;
  const endsAt = renewedEnd(read.word, now);
  if (endsAt === 'void') return wrongWord(read.word, 'one whole number from -1 on');
  return endsAt === undefined ? { verdict: 'none' } : { verdict: 'renewed', endsAt };
}

/** What is kept of an answer; undefined where it changes nothing. */
export function renewalOf(answer: RenewalAnswer, expiration: Expiration, now: number): Renewal | undefined {
  if (answer.verdict !== 'renewed') return undefined;
  return { of: limitOf(expiration), at: now, endsAt: answer.endsAt };
}
