import type { QuarantineChange } from './settings.ts';

/** What was answered so far: what `nq set` may change, and what only version-based quarantine asks. */
export interface WizardAnswers extends QuarantineChange {
  /** Names of versions to define, oldest first; they are newer than those there are. */
  newVersions?: string[];
  /** This version and newer ones have normal access; empty where all have, ABOVE_ALL where none has. */
  threshold?: string;
}

/** The threshold above all versions, among names of versions: none can be called so. */
export const ABOVE_ALL = ' ';

export interface Choice {
  value: string;
  label: string;
  hint?: string;
}

/** What an answer is: a text, one of the choices, some of them, any number of lines, or yes and no. */
export type Form =
  | { kind: 'text'; optional?: true }
  | { kind: 'choice' | 'choices'; choices: readonly Choice[] }
  | { kind: 'lines' | 'yes-no' };
export type Answer = string | readonly string[] | boolean;

/** One question of the network quarantine wizard. */
export interface Question {
  /** Which answer it is for, and the field of the quarantine that it becomes. */
  setting: keyof WizardAnswers;
  field: string;
  text: string;
  form: Form;
  /** What holds where nothing else is said. */
  present: Answer;
}

/** Questions that are asked together, under VMware ACE’s titles (ACE 1.0 pp. 87-89, 142-146). */
export interface Panel {
  name: PanelName;
  title: string;
  questions: readonly Question[];
}

/** What panels are called on the command line. */
export const PANEL_NAMES = [
  'options',
  'lookup',
  'script',
  'normal',
  'traffic',
  'restricted',
  'versions',
  'messages',
] as const;
export type PanelName = (typeof PANEL_NAMES)[number];
