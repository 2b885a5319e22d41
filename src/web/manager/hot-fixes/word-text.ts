import type { AnsweredRow } from '../../../api/manager/hot-fixes.ts';
import type { HotFixTexts } from '../texts/hot-fixes.ts';

/** What was answered, in a few words, with the message where there was one. */
export function wordText({ kind, days = 0, date = '', message }: AnsweredRow, { words }: HotFixTexts): string {
  const text = kind === 'days' ? words.days(days) : kind === 'date' ? words.date(date) : words[kind];
  return message === undefined ? text : `${text}: ${message}`;
}
