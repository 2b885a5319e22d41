import { AppError } from '../../lib/errors.ts';
import { issueTexts } from '../../lib/issues.ts';
import { Quarantine, Version } from '../../policy/quarantine.ts';
import { newDescriptor } from '../versions/descriptor.ts';
import { liveVersions } from '../versions/versions.ts';
import { changeQuarantine } from './settings.ts';
import { versionBased, withoutThreshold, withThreshold, withVersion } from './version-list.ts';
import { wizardPanels } from './wizard.ts';
import { ABOVE_ALL, type Answer, type Question, type WizardAnswers } from './wizard-form.ts';

/** What the result needs from outside: chance, for descriptors, and the time in milliseconds since 1970. */
export interface Outside {
  randomBits: () => number;
  now: number;
}

/** Why an answer cannot be taken, given those before it; undefined when it can. The policy’s own schema is what judges. */
export function answerProblem(
  { setting, field, form }: Question,
  answer: Answer,
  before: Quarantine,
  answers: WizardAnswers,
): string | undefined {
  if (answer === '' && form.kind === 'text' && !form.optional) return 'must be said';
  if (setting === 'newVersions') return newVersionProblem(Array.isArray(answer) ? answer : [answer], before);
  if (setting === 'threshold') return undefined;
  const { error } = Quarantine.safeParse(changed(before, { ...answers, [setting]: answer }));
  return error?.issues.find(({ path }) => `${path.join('.')}.`.startsWith(`${field}.`))?.message;
}

/** The quarantine that the answers make. @throws POLICY_INVALID, VERSION_EXISTS, VERSION_UNKNOWN */
export function answered(before: Quarantine, answers: WizardAnswers, { randomBits, now }: Outside): Quarantine {
  const { success, data, error } = Quarantine.safeParse(changed(before, answers));
  if (!success) {
    const problems = issueTexts(error);
    throw new AppError('POLICY_INVALID', problems.join('\n'), { details: { problems } });
  }
  if (data.type !== 'version-based') return data;
  const { newVersions = [], threshold } = answers;
  const withNew = newVersions.reduce(
    (quarantine, name) => withVersion(quarantine, { name, descriptor: newDescriptor(quarantine.versions, randomBits) }),
    versionBased(data),
  );
  if (threshold === undefined) return withNew;
  if (threshold === '') return withoutThreshold(withNew);
  return withThreshold(withNew, threshold === ABOVE_ALL ? null : threshold, now);
}

/** Without what is a version’s, and what another type was asked before; a text that was left empty is one that is not there. */
function changed(before: Quarantine, answers: WizardAnswers): unknown {
  const asked = new Set(
    wizardPanels(before, answers).flatMap(({ questions }) => questions.map(({ setting }) => setting)),
  );
  const { newVersions: _names, threshold: _name, ...change } = answers;
  const kept = Object.entries(change).filter(([setting]) => asked.has(setting as keyof WizardAnswers));
  return withoutEmpty(changeQuarantine(before, Object.fromEntries(kept)));
}

function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([, field]) => field !== '');
  return Object.fromEntries(kept.map(([name, field]) => [name, withoutEmpty(field)]));
}

function newVersionProblem(names: readonly unknown[], before: Quarantine): string | undefined {
  const taken = new Set(before.type === 'version-based' ? liveVersions(before).map(({ name }) => name) : []);
  for (const name of names) {
    const { error, data } = Version.shape.name.safeParse(name);
    if (data === undefined) return `${name}: ${error?.issues[0]?.message}`;
    if (taken.has(data)) return `${data}: there is a version of that name`;
    taken.add(data);
  }
  return undefined;
}
