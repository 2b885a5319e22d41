import type { ErrorCode } from '../lib/errors.ts';

/** Longer output is no answer (ACE 1.0 p. 244). */
export const MAX_ANSWER_BYTES = 4096;

/** Why a plug-in is asked: what it finds in LAZARET_EVENT. `dry` is `nq-set -n`, `update` any other nq-set, `device` a device to be connected. */
export type PluginEvent =
  | 'opening'
  | 'device'
  | 'poweron'
  | 'reset'
  | 'update'
  | 'dry'
  | 'interval'
  | 'resume'
  | 'revert';

/** What a plug-in’s run means (ACE 1.0 p. 248). Void is every run that gave no answer: it never means normal access. */
export type PluginAnswer = { verdict: 'yes' | 'no' | 'reject' } | Voided;

/** A run that gave no answer, whatever it was asked. */
export interface Voided {
  verdict: 'void';
  code: ErrorCode;
  /** For people, a whole sentence. */
  why: string;
}

/** How a plug-in’s run ended. */
export type PluginEnd =
  | { end: 'exited'; status: number; stdout: Uint8Array }
  | { end: 'late'; timeoutMs: number }
  | { end: 'too-much' };

const WORDS: Readonly<Record<string, PluginAnswer>> = {
  YES: { verdict: 'yes' },
  NO: { verdict: 'no' },
  REJECT: { verdict: 'reject' },
};

/**
 * Reads a run by the manual’s contract: exit status 0, and on standard output exactly one of the three words, with one line
 * end or none (D10). No other output, however close, is an answer.
 */
export function readAnswer(run: PluginEnd): PluginAnswer {
  const read = readWord(run);
  if ('verdict' in read) return read;
  const answer = Object.hasOwn(WORDS, read.word) ? WORDS[read.word] : undefined;
  return answer ?? wrongWord(read.word, 'YES, NO or REJECT');
}

/** The one word that a run wrote, without its line end. */
export function readWord(run: PluginEnd): { word: string } | Voided {
  const read = readBytes(run);
  return 'verdict' in read ? read : { word: new TextDecoder('latin1').decode(read.bytes).replace(/\r?\n$/, '') };
}

/** All that a run wrote that ended as it should. */
export function readBytes(run: PluginEnd): { bytes: Uint8Array } | Voided {
  switch (run.end) {
    case 'late':
      return voided('PLUGIN_LATE', `the plug-in did not answer in ${run.timeoutMs / 1000} s`);
    case 'too-much':
      return voided('PLUGIN_OUTPUT', `the plug-in wrote more than ${MAX_ANSWER_BYTES} bytes`);
    case 'exited': {
      if (run.status !== 0) return voided('PLUGIN_FAILED', `the plug-in ended with status ${run.status}`);
      if (run.stdout.length > MAX_ANSWER_BYTES) return readBytes({ end: 'too-much' });
      return { bytes: run.stdout };
    }
  }
}

/** A word that is none of those that a policy takes. */
export function wrongWord(word: string, wanted: string): Voided {
  return voided('PLUGIN_OUTPUT', `the plug-in wrote ${shown(word)}, not ${wanted}`);
}

/** A run that gave no answer. */
export function voided(code: ErrorCode, why: string): Voided {
  return { verdict: 'void', code, why };
}

function shown(word: string): string {
  if (word === '') return 'nothing';
  const plain = word.replace(/[^\x20-\x7e]/g, '?');
  return `“${plain.length <= 40 ? plain : `${plain.slice(0, 40)}…`}”`;
}
