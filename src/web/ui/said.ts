import type { WhyAnswer } from '../../api/machine.ts';
import { REASONS_DE } from './reasons.de.ts';
import { REMEDIES_DE } from './remedies.de.ts';
import { SENTENCES_DE, type Sentence } from './sentences.de.ts';
import { bytesText, type Language, momentText, secondsText, useLanguage } from './texts.ts';

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
}

/** What a process says, in a language: by its code, where it has one that this page knows; else in its own words. */
export function saidIn(language: Language) {
  return {
    failure({ code = '', reason = '', details = {} }: Told): SaidFailure {
      const sentence = language === 'de' ? textOf(SENTENCES_DE, code) : undefined;
      if (sentence === undefined) return { text: reason };
      return withValues(sentence, details, language) ?? { text: withoutValues(sentence), words: reason };
    },
    remedy({ code = '', remedy = '' }: Told): string {
      return language === 'de' ? (textOf(REMEDIES_DE, code) ?? remedy) : remedy;
    },
    reason(why: WhyAnswer | undefined, words: string): string {
      if (language !== 'de' || !why) return words;
      const until = why.until === undefined ? '' : momentText(why.until, language);
      return textOf(REASONS_DE, why.code)?.(why, until) ?? words;
    },
  };
}

export function useSaid(): ReturnType<typeof saidIn> {
  return saidIn(useLanguage());
}

/** A newer process may have codes that a page of before does not know. */
function textOf<Text>(texts: Record<string, Text>, code: string): Text | undefined {
  return Object.hasOwn(texts, code) ? texts[code] : undefined;
}

/** The whole sentence, where all its values are there. */
function withValues(
  sentence: Sentence,
  details: Readonly<Record<string, unknown>>,
  language: Language,
): SaidFailure | undefined {
  if (typeof sentence === 'string') return undefined;
  const values = [...sentence.with.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const value = Object.hasOwn(details, name) ? valueText(name, details[name], language) : undefined;
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
function valueText(name: string, value: unknown, language: Language): string | undefined {
  if (Array.isArray(value)) {
    const names = value.map((each: unknown) => (isNamed(each) ? each.vm : each));
    return names.length > 0 && names.every((each) => typeof each === 'string') ? names.join(', ') : undefined;
  }
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return undefined;
  if (/bytes$/i.test(name)) return bytesText(value, language);
  return name === 'seconds' ? secondsText(value, language) : `${value}`;
}

function isNamed(value: unknown): value is { vm: string } {
  return typeof value === 'object' && value !== null && 'vm' in value && typeof value.vm === 'string';
}
