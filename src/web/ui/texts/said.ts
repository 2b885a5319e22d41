import { createContext, useContext, useMemo } from 'react';
import type { WhyAnswer } from '../../../api/machine.ts';
import { ownCommand } from '../../../lib/own-command.ts';
import type { German } from './german.ts';
import type { Sentence } from './sentences.de.ts';
import { bytesText, momentText, secondsText } from './texts.ts';

/** A failure, as a process tells it: its code, what has happened and what to do in its own words, and the values it names. */
export interface Told {
  code?: string | undefined;
  reason?: string | undefined;
  remedy?: string | undefined;
  details?: Readonly<Record<string, unknown>> | undefined;
}

/** What has happened, in a language: the sentence, and the process’s own words where that does not have all of them. */
export interface SaidFailure {
  text: string;
  words?: string;
  /** They are in the page’s language too. */
  isGerman?: true;
}

/** Codes of failures whose reason is what is wrong with fields. */
const OF_FIELDS = new Set(['PROJECT_INVALID', 'POLICY_INVALID', 'VM_UNSUPPORTED', 'USAGE']);

/** What a process says auf Deutsch, by its code, where it has one that this page knows; else, and in English, in its own words. */
export function saidBy(german: German | undefined) {
  return {
    failure({ code = '', reason = '', details = {} }: Told): SaidFailure {
      const sentence = german && textOf(german.sentences, code);
      if (sentence === undefined) return { text: reason };
      const problems = OF_FIELDS.has(code) ? german?.problems(reason) : undefined;
      if (problems !== undefined) return { text: withoutValues(sentence), words: problems, isGerman: true };
      return withValues(sentence, details) ?? { text: withoutValues(sentence), words: reason };
    },
    remedy({ code = '', remedy = '' }: Told): string {
      const own = german && textOf(german.remedies, code);
      return own === undefined ? remedy : ownCommand(own, german?.speaker ?? 'lazaret');
    },
    /** What is wrong with a field, as a schema or YAML’s reader says it. */
    field(message: string): string {
      return german?.field(message) ?? message;
    },
    reason(why: WhyAnswer | undefined, words: string): string {
      if (!german || !why) return words;
      const until = why.until === undefined ? '' : momentText(why.until, 'de');
      return textOf(german.reasons, why.code)?.(why, until) ?? words;
    },
  };
}

export type SaidBy = ReturnType<typeof saidBy>;

/** The German texts, for whoever reads German. */
export const GermanContext = createContext<German | undefined>(undefined);

export function useSaid(): SaidBy {
  const german = useContext(GermanContext);
  return useMemo(() => saidBy(german), [german]);
}

/** A newer process may have codes that a page of before does not know. */
function textOf<Text>(texts: Record<string, Text>, code: string): Text | undefined {
  return Object.hasOwn(texts, code) ? texts[code] : undefined;
}

/** The whole sentence, where all its values are there. */
function withValues(sentence: Sentence, details: Readonly<Record<string, unknown>>): SaidFailure | undefined {
  if (typeof sentence === 'string') return undefined;
  const values = [...sentence.with.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const value = Object.hasOwn(details, name) ? valueText(name, details[name]) : undefined;
    return [name, value] as const;
  });
  if (values.some(([, value]) => value === undefined)) return undefined;
  const texts = new Map(values);
  return { text: sentence.with.replace(/\{(\w+)\}/g, (_, name: string) => texts.get(name) ?? '') };
}

function withoutValues(sentence: Sentence): string {
  return typeof sentence === 'string' ? sentence : sentence.without;
}

/** A value by its name, which says its unit. */
function valueText(name: string, value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const names = value.map((each: unknown) => (isNamed(each) ? each.vm : each));
    return names.length > 0 && names.every((each) => typeof each === 'string') ? names.join(', ') : undefined;
  }
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return undefined;
  if (/bytes$/i.test(name)) return bytesText(value, 'de');
  return name === 'seconds' ? secondsText(value, 'de') : `${value}`;
}

function isNamed(value: unknown): value is { vm: string } {
  return typeof value === 'object' && value !== null && 'vm' in value && typeof value.vm === 'string';
}
