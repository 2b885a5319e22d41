import type { Speaker } from '../../../lib/own-command.ts';
import { germanProblem, germanProblems } from './german-field.ts';
import { REASONS_DE } from './reasons.de.ts';
import { REMEDIES_DE } from './remedies.de.ts';
import { SENTENCES_DE } from './sentences.de.ts';

/** What a process says, auf Deutsch, by its codes. Fetched for those who read German: the others need not wait for it. */
export const GERMAN = {
  reasons: REASONS_DE,
  remedies: REMEDIES_DE,
  sentences: SENTENCES_DE,
  field: germanProblem,
  problems: germanProblems,
};
/** With the program whose page it is. */
export type German = typeof GERMAN & { speaker?: Speaker };
