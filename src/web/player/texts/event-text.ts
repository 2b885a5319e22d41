import type { EventAnswer } from '../../../api/event.ts';
import type { SaidBy } from '../../ui/texts/said.ts';
import type { Language } from '../../ui/texts/texts.ts';
import { EVENTS_DE } from './events.de.ts';

/** What happened, in a language: the sentence, and the service’s own words where that does not have all of them. */
export interface EventText {
  text: string;
  words?: string;
}

/** An event in a language, by its kind. A newer service may tell of kinds that this page does not know: in its own words. */
export function eventText(
  { kind, text, details = {} }: EventAnswer,
  { language, said }: { language: Language; said: SaidBy },
): EventText {
  // What an administrator has written is said as he has written it.
  if (language !== 'de' || kind === 'message' || !Object.hasOwn(EVENTS_DE, kind)) return { text };
  const german = EVENTS_DE[kind as keyof typeof EVENTS_DE](details, said);
  return german.needsWords ? { text: german.text, words: text } : { text: german.text };
}
