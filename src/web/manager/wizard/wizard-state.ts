import { isLookedUp, type Quarantine, VersionQuarantine } from '../../../policy/quarantine.ts';
import { checkQuarantine } from '../../../policy/reading/check-quarantine.ts';
import { withAnswers } from '../../../quarantine/edit/draft-answers.ts';
import { isDrafted, NO_DRAFT, type VersionDraft } from '../../../quarantine/edit/version-draft.ts';
import { lostByType } from '../../../quarantine/edit/version-list.ts';
import { wizardPanels } from '../../../quarantine/edit/wizard.ts';
import { answerProblem } from '../../../quarantine/edit/wizard-answers.ts';
import type { Answer, Panel, Question, WizardAnswers } from '../../../quarantine/edit/wizard-form.ts';

/** What was said in the wizard so far. Nothing of it is written before Finish. */
export interface WizardState {
  answers: WizardAnswers;
  draft: VersionDraft;
  /** Panels that somebody has been at. */
  visited: readonly string[];
  agreesToLoss: boolean;
  deploysAfter: boolean;
}

export const FRESH: WizardState = {
  answers: {},
  draft: NO_DRAFT,
  visited: [],
  agreesToLoss: false,
  deploysAfter: true,
};

/** The two panels behind those with questions. */
export type Place = Panel['name'] | 'ready' | 'deploy';

/** The panels that the list of versions answers, not a field of a form. */
const BY_DRAFT: ReadonlySet<string> = new Set(['newVersions', 'threshold']);

/** What the answers make, and what stands against it. */
export interface Outcome {
  panels: readonly Panel[];
  places: readonly Place[];
  /** Not there where something stands against it. */
  result: Quarantine | undefined;
  problems: readonly { place: Place; setting?: string; text: string }[];
  /** Panels that were answered already in what the machine has: nobody needs to go there. */
  settled: readonly Place[];
  lost: readonly string[];
}

export function outcomeOf(before: Quarantine, { answers, draft }: WizardState, now: number): Outcome {
  const panels = wizardPanels(before, answers).map((panel) => ({
    ...panel,
    questions: panel.questions.filter(({ setting }) => !BY_DRAFT.has(setting)),
  }));
  const asked = panels.flatMap((panel) => panel.questions.flatMap((question) => problemOf(panel, question)));
  const made =
    asked.length > 0 ? undefined : attempt(() => withAnswers(before, answers, draft, { randomBits: () => 0, now }));
  const checked =
    typeof made === 'object'
      ? checkQuarantine({ quarantine: made }).map(({ path, message }) => `${path.slice(1).join('.')} ${message}`)
      : made === undefined
        ? []
        : [made];
  const result = typeof made === 'object' && checked.length === 0 ? made : undefined;
  const type = answers.type ?? before.type;
  const isOnServer = typeof made === 'object' ? isLookedUp(made) : type === 'dynamic' || type === 'version-based';
  return {
    panels,
    places: [...panels.map(({ name }) => name), 'ready', ...(isOnServer ? (['deploy'] as const) : [])],
    result,
    problems: [...asked, ...checked.map((text) => ({ place: 'ready' as const, text }))],
    settled: type === before.type && type !== 'none' ? panels.map(({ name }) => name) : [],
    lost: result ? lostByType(before, result) : [],
  };

  function problemOf({ name }: Panel, question: Question): { place: Place; setting: string; text: string }[] {
    const text = answerProblem(question, answerTo(question, answers), before, answers);
    return text === undefined ? [] : [{ place: name, setting: question.setting, text }];
  }
}

/** What was answered to a question, else what holds now. */
export function answerTo({ setting, present }: Question, answers: WizardAnswers): Answer {
  const given: unknown = answers[setting];
  return given === undefined ? present : (given as Answer);
}

/** What the list of versions begins with: the machine’s own, or none under another type. */
export function versionsBefore(before: Quarantine, { grace, initial }: WizardAnswers): VersionQuarantine {
  const own = before.type === 'version-based' ? before : VersionQuarantine.parse({ type: 'version-based' });
  const { grace: _grace, initial: _initial, ...rest } = own;
  const [newGrace, newInitial] = [grace ?? own.grace ?? '', initial ?? own.initial ?? ''];
  return {
    ...rest,
    ...(newGrace === '' ? {} : { grace: newGrace }),
    ...(newInitial === '' ? {} : { initial: newInitial }),
  };
}

/** Whether anything was said. */
export function isChanged({ answers, draft }: WizardState): boolean {
  return Object.keys(answers).length > 0 || isDrafted(draft);
}

function attempt(make: () => Quarantine): Quarantine | string {
  try {
    return make();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A draft as a request has it. */
export function draftBody({ added, changed, removed, ...threshold }: VersionDraft) {
  return { added: [...added], changed: [...changed], removed: [...removed], ...threshold };
}

/** What Finish sends. */
export function finishBody(seen: string, { answers, draft, agreesToLoss }: WizardState) {
  const { newVersions: _names, threshold: _name, ...said } = answers;
  return { seen, answers: said, draft: draftBody(draft), agreesToLoss };
}
