import { cancel, confirm, isCancel, log, multiselect, note, type Option, select, text } from '@clack/prompts';
import { AppError } from '../../lib/errors.ts';
import type { OpenWizard } from '../../manager/policies/wizard.ts';
import type { Quarantine } from '../../policy/quarantine.ts';
import { wizardPanels } from '../../quarantine/edit/wizard.ts';
import { answerProblem } from '../../quarantine/edit/wizard-answers.ts';
import type { Answer, Choice, Panel, PanelName, Question, WizardAnswers } from '../../quarantine/edit/wizard-form.ts';
import { interruptible } from '../interruptible.ts';

const FINISH = 'finish';

/**
 * Asks panel by panel, or first the one that is wanted, then shows what comes of it, from where every panel can be gone to
 * (ACE 1.0 pp. 145, 233).
 * @throws USAGE when the quarantine has no such panel, INTERRUPTED
 */
export async function askAll(
  { before, resultOf, lossOf }: Pick<OpenWizard, 'before' | 'resultOf' | 'lossOf'>,
  panel: PanelName | undefined,
): Promise<WizardAnswers> {
  let answers =
    panel === undefined ? await askPanels(before, {}, 0) : await askOne(panelNamed(panel, before), before, {});
  for (;;) {
    const panels = wizardPanels(before, answers);
    const result = resultOf(answers);
    const chosen = await askFinish(panels, result, lossOf(result));
    if (chosen === FINISH) return answers;
    for (const wanted of panels.filter(({ name }) => name === chosen)) answers = await askOne(wanted, before, answers);
  }
}

/** One panel, and where another type was chosen there, the others that it has. */
async function askOne(panel: Panel, before: Quarantine, given: WizardAnswers): Promise<WizardAnswers> {
  const answers = await askPanel(panel, before, given);
  const type = given.type ?? before.type;
  return (answers.type ?? type) === type ? answers : askPanels(before, answers, 1);
}

/** @throws USAGE */
function panelNamed(wanted: PanelName, before: Quarantine): Panel {
  const panels = wizardPanels(before, {});
  const found = panels.find(({ name }) => name === wanted);
  if (found) return found;
  const names = panels.map(({ name }) => name).join(', ');
  throw new AppError('USAGE', `${before.type} quarantine has no panel ${wanted}, but ${names}`);
}

async function askPanels(before: Quarantine, given: WizardAnswers, from: number): Promise<WizardAnswers> {
  let answers = given;
  for (let next = from; ; next += 1) {
    const panel = wizardPanels(before, answers)[next];
    if (!panel) return answers;
    answers = await askPanel(panel, before, answers);
  }
}

async function askPanel(panel: Panel, before: Quarantine, given: WizardAnswers): Promise<WizardAnswers> {
  let answers = given;
  log.step(panel.title);
  for (const question of panel.questions) {
    const present = answers[question.setting] ?? question.present;
    answers = { ...answers, [question.setting]: await askQuestion({ ...question, present }, before, answers) };
  }
  return answers;
}

async function askFinish(panels: readonly Panel[], quarantine: Quarantine, loss: string | undefined): Promise<string> {
  note(JSON.stringify(quarantine, undefined, 2), 'Ready to Complete');
  if (loss !== undefined) log.warn(loss);
  const others = panels.map(({ name, title }) => ({ value: name, label: `To ${title}` }));
  return askChoice('Save it?', [{ value: FINISH, label: 'Finish' }, ...others], FINISH);
}

/** Puts one question of a wizard at the terminal, until it has an answer that can be taken. */
async function askQuestion(question: Question, before: Quarantine, answers: WizardAnswers): Promise<Answer> {
  for (;;) {
    const answer = await put(question);
    const problem = answerProblem(question, answer, before, answers);
    if (problem === undefined) return answer;
    log.error(problem);
  }
}

async function askChoice(message: string, choices: readonly Choice[], initialValue: string): Promise<string> {
  return asked((signal) => select({ message, options: optionsOf(choices), initialValue, signal }));
}

async function put({ text: message, form, present }: Question): Promise<Answer> {
  switch (form.kind) {
    case 'text': {
      const about = { message, initialValue: String(present), ...(form.optional ? { placeholder: 'nothing' } : {}) };
      return (await asked((signal) => text({ ...about, signal }))) ?? '';
    }
    case 'choice':
      return askChoice(message, form.choices, String(present));
    case 'choices': {
      const initialValues = listOf(present);
      const about = { message, options: optionsOf(form.choices), initialValues, required: false };
      return asked((signal) => multiselect({ ...about, signal }));
    }
    case 'lines':
      return askLines(message, listOf(present));
    case 'yes-no':
      return asked((signal) => confirm({ message, initialValue: present === true, signal }));
  }
}

/** First which of those there are stay, then one new line after the other until an empty one. */
async function askLines(message: string, present: readonly string[]): Promise<string[]> {
  const about = {
    message: `${message}: which stay?`,
    options: present.map((value) => ({ value, label: value })),
    initialValues: [...present],
    required: false,
  };
  const kept = present.length === 0 ? [] : await asked((signal) => multiselect({ ...about, signal }));
  const lines = [...kept];
  for (;;) {
    const more = { message: `${message}: one more, or nothing`, placeholder: 'nothing' };
    const line = (await asked((signal) => text({ ...more, signal }))) ?? '';
    if (line.trim() === '') return lines;
    lines.push(line.trim());
  }
}

function listOf(answer: Answer): string[] {
  return Array.isArray(answer) ? [...answer] : [];
}

function optionsOf(choices: readonly Choice[]): Option<string>[] {
  return choices.map(({ value, label, hint }) => ({ value, label, ...(hint === undefined ? {} : { hint }) }));
}

/** What was answered. @throws INTERRUPTED when the question was broken off */
async function asked<Value>(ask: (signal: AbortSignal) => Promise<Value | symbol>): Promise<Exclude<Value, symbol>> {
  const answer = await interruptible(ask);
  if (!isCancel(answer)) return answer as Exclude<Value, symbol>;
  cancel('nothing was changed');
  throw new AppError('INTERRUPTED', 'interrupted');
}
