import { createContext, useContext } from 'react';

/** The languages there are; the page takes the first of the browser’s that is among them. */
export type Language = 'en' | 'de';

/** The language of a browser that prefers these. */
export function languageOf(preferred: readonly string[]): Language {
  const known = preferred.map((tag) => tag.slice(0, 2)).find((tag) => tag === 'de' || tag === 'en');
  return known === 'de' ? 'de' : 'en';
}

export const LanguageContext = createContext<Language>('en');

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

/** The texts of one part of a page in every language: one that lacks a text does not compile. */
export interface Catalogue<Texts> {
  en: Texts;
  de: Texts;
}

export function catalogue<Texts>(texts: { en: Texts; de: NoInfer<Texts> }): Catalogue<Texts> {
  return texts;
}

/** A part’s texts in the browser’s language. */
export function useCatalogue<Texts>(texts: Catalogue<Texts>): Texts {
  return texts[useLanguage()];
}

/** A moment as it is written in a language: the day too, where it is another one. */
export function momentText(iso: string, language: Language, now = new Date()): string {
  const at = new Date(iso);
  const isToday = at.toDateString() === now.toDateString();
  const style = isToday ? ({ timeStyle: 'medium' } as const) : ({ dateStyle: 'medium', timeStyle: 'short' } as const);
  return new Intl.DateTimeFormat(regionOf(language), style).format(at);
}

/** The last day before a moment, as this computer counts days. */
export function lastDayText(endsAt: string, language: Language): string {
  return new Intl.DateTimeFormat(regionOf(language), { dateStyle: 'medium' }).format(Date.parse(endsAt) - 1);
}

export function bytesText(bytes: number, language: Language): string {
  const power = Math.min(3, Math.floor(Math.log(Math.max(1, bytes)) / Math.log(1024)));
  const number = new Intl.NumberFormat(regionOf(language), { maximumFractionDigits: 1 }).format(bytes / 1024 ** power);
  return `${number} ${['B', 'KiB', 'MiB', 'GiB'][power]}`;
}

/** A length of time in the largest unit that it has one of. */
export function secondsText(seconds: number, language: Language): string {
  const [amount, unit] =
    seconds < 60 ? [seconds, 'second'] : seconds < 3600 ? [seconds / 60, 'minute'] : [seconds / 3600, 'hour'];
  const style = { style: 'unit', unit, maximumFractionDigits: unit === 'hour' ? 1 : 0 } as const;
  return new Intl.NumberFormat(regionOf(language), style).format(amount);
}

/** A language as its user’s region writes it: days and numbers differ between them. */
function regionOf(language: Language): string {
  return navigator.languages.find((tag) => languageOf([tag]) === language && tag.startsWith(language)) ?? language;
}
