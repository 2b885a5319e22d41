import type { WhyAnswer } from '../../api/machine.ts';
import { REASONS_DE } from './reasons.de.ts';
import { REMEDIES_DE } from './remedies.de.ts';
import { type Language, momentText, useLanguage } from './texts.ts';

/** A code with its remedy, as a process tells it. */
interface Told {
  code?: string | undefined;
  remedy?: string | undefined;
}

/** What a process says, in a language: by its code, where it has one that this page knows; else in its own words. */
export function saidIn(language: Language) {
  return {
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
