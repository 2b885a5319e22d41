import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { listed } from '../../../test/fakes/quarantine.ts';
import { Quarantine } from '../../policy/quarantine.ts';
import { wizardPanels } from './wizard.ts';
import { answered, answerProblem, type Outside } from './wizard-answers.ts';
import { ABOVE_ALL, type Question, type WizardAnswers } from './wizard-form.ts';

const OUTSIDE: Outside = { randomBits: () => 0x7b4c2902, now: Date.UTC(2026, 10, 2) };
const NONE = Quarantine.parse({ type: 'none' });
const VERSIONS = Quarantine.parse({
  type: 'version-based',
  normal: { entries: ['10.0.0.0/8'], exceptions: ['icmp'] },
  restricted: { entries: ['updates.example tcp 80,443'] },
  versions: [{ name: '2026-10', descriptor: '0x00000001' }],
  threshold: '2026-10',
  thresholdAt: '2026-10-01T00:00:00.000Z',
  grace: '3d',
  messages: { restricted: 'update' },
});

const titles = (before: Quarantine, answers: WizardAnswers) => wizardPanels(before, answers).map(({ title }) => title);

function questionFor(setting: keyof WizardAnswers, before: Quarantine, answers: WizardAnswers): Question {
  const found = wizardPanels(before, answers).flatMap(({ questions }) => questions);
  const question = found.find((one) => one.setting === setting);
  assert.ok(question, setting);
  return question;
}

test('the panels are those of VMware ACE, by type (ACE 1.0 pp. 87-89, 142-146)', () => {
  const lists = 'Networks and Machines';
  const two = [`${lists}, normal access`, `${lists}, restricted access`];
  assert.deepEqual(titles(NONE, {}), ['Network Quarantine Options']);
  assert.deepEqual(titles(NONE, { type: 'static' }).slice(1), [lists, 'Network Traffic']);
  assert.deepEqual(titles(NONE, { type: 'dynamic' }).slice(1), ['Policy Lookup', lists, 'Network Traffic']);
  const versionBased = ['Policy Lookup', two[0], 'Network Traffic', two[1], 'Manage Versions', 'Messages'];
  assert.deepEqual(titles(NONE, { type: 'version-based' }).slice(1), versionBased);
  assert.deepEqual(titles(NONE, { type: 'custom' }).slice(1), ['Script', ...two, 'Network Traffic', 'Messages']);
  assert.deepEqual(
    titles(VERSIONS, {}),
    titles(NONE, { type: 'version-based' }),
    'a second time begins with what there is',
  );
});

const CASES: { setting: keyof WizardAnswers; answer: string | string[]; type: Quarantine['type']; problem?: RegExp }[] =
  [
    { setting: 'normal', answer: ['10.0.0.0/8', 'intranet.example tcp 443'], type: 'static' },
    {
      setting: 'normal',
      answer: ['10.0.0.0/8', '10.0.0.1/8'],
      type: 'static',
      problem: /10\.0\.0\.1\/8” starts inside/,
    },
    { setting: 'restricted', answer: ['no name'], type: 'version-based', problem: /no name/ },
    { setting: 'interval', answer: '30s', type: 'dynamic' },
    { setting: 'interval', answer: 'often', type: 'dynamic', problem: /not a duration/ },
    { setting: 'interval', answer: '', type: 'dynamic', problem: /must be said/ },
    { setting: 'grace', answer: '', type: 'version-based' },
    { setting: 'grace', answer: '-1d', type: 'version-based', problem: /not a duration/ },
    { setting: 'restrictedMessage', answer: 'a\u0007b', type: 'version-based', problem: /control/ },
    { setting: 'newVersions', answer: ['2026-11', '2026-12'], type: 'version-based' },
    { setting: 'newVersions', answer: ['2026-11', '2026-11'], type: 'version-based', problem: /there is a version/ },
    { setting: 'newVersions', answer: ['2026-10'], type: 'version-based', problem: /there is a version/ },
    { setting: 'newVersions', answer: [' '], type: 'version-based', problem: /blank/ },
    { setting: 'script', answer: '../check', type: 'custom', problem: /not a name for a resource/ },
    { setting: 'script', answer: 'check.sh', type: 'custom' },
  ];
for (const { setting, answer, type, problem } of CASES)
  test(`${setting} “${answer}” ${problem ? 'is asked for again' : 'is taken'}`, () => {
    const found = answerProblem(questionFor(setting, VERSIONS, { type }), answer, VERSIONS, { type });
    if (problem) assert.match(found ?? 'taken', problem);
    else assert.equal(found, undefined);
  });

test('a type and its lists make a policy', () => {
  const answers = { type: 'static', mode: 'whitelist', normal: ['10.0.0.0/8'], normalExceptions: [] } as const;
  assert.deepEqual(answered(NONE, { ...answers, normal: [...answers.normal], normalExceptions: [] }, OUTSIDE), {
    type: 'static',
    mode: 'whitelist',
    normal: listed('10.0.0.0/8'),
  });
});

test('a new version becomes the newest, and the line may be drawn at it; what is left empty goes', () => {
  const made = answered(
    VERSIONS,
    { newVersions: ['2026-11'], threshold: '2026-11', grace: '', restrictedMessage: '' },
    OUTSIDE,
  );
  assert.ok(made.type === 'version-based');
  assert.deepEqual(made.versions.at(-1), { name: '2026-11', descriptor: '0x7B4C2902' });
  assert.deepEqual([made.threshold, made.thresholdAt], ['2026-11', '2026-11-02T00:00:00.000Z']);
  assert.deepEqual([made.grace, made.messages], [undefined, {}]);
});

test('what another type was asked before is forgotten', () => {
  const answers: WizardAnswers = { type: 'static', normal: ['10.0.0.1'], interval: '1h', script: 'check.sh' };
  const { type, ...rest } = answered(NONE, answers, OUTSIDE);
  assert.deepEqual([type, Object.keys(rest)], ['static', ['mode', 'normal']]);
});

test('a line below all versions gives every version normal access', () => {
  const made = answered(VERSIONS, { threshold: '' }, OUTSIDE);
  assert.ok(made.type === 'version-based');
  assert.deepEqual([made.threshold, made.thresholdAt], [undefined, undefined]);
});

test('a line above all versions restricts every version, and is what is offered from then on', () => {
  const made = answered(VERSIONS, { threshold: ABOVE_ALL }, OUTSIDE);
  assert.ok(made.type === 'version-based');
  assert.equal(made.threshold, null);
  const questions = wizardPanels(made, {}).flatMap((panel) => panel.questions);
  const threshold = questions.find(({ setting }) => setting === 'threshold');
  assert.equal(threshold?.present, ABOVE_ALL);
});

test('whoever takes what is offered at every question has changed nothing', () => {
  const entries = fc.subarray(['10.0.0.0/8', 'intranet.example', 'fd00::/8 tcp 443']);
  const section = fc.record({ entries, exceptions: fc.subarray(['dns', 'icmp', 'printers']) });
  const two = { mode: fc.constantFrom('whitelist', 'blacklist'), normal: section, restricted: section };
  const script = fc.record({
    file: fc.constant('check.sh'),
    arguments: fc.subarray(['a', 'b']),
    network: fc.boolean(),
  });
  const any = fc.oneof(
    fc.constant({ type: 'none' }),
    fc.record({ type: fc.constant('static'), mode: two.mode, normal: section }),
    fc.record({ type: fc.constant('dynamic'), mode: two.mode, normal: section, interval: fc.constant('1h') }),
    fc.record({ type: fc.constant('custom'), ...two, script, interval: fc.constant('1m') }),
    fc.record({ ...two, type: fc.constant('version-based'), messages: fc.constant({ updateAvailable: 'soon' }) }),
    fc.constant(VERSIONS),
  );
  fc.assert(
    fc.property(any, (given) => {
      const before = Quarantine.parse(given);
      const answers: Record<string, unknown> = {};
      for (const { questions } of wizardPanels(before, {}))
        for (const question of questions) {
          assert.equal(answerProblem(question, question.present, before, answers), undefined, question.setting);
          answers[question.setting] = question.present;
        }
      assert.deepEqual(answered(before, answers, OUTSIDE), before);
    }),
  );
});
