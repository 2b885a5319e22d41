import type { Exception } from '../../policy/parts/access-section.ts';
import type { Quarantine, VersionQuarantine } from '../../policy/quarantine.ts';
import { liveVersions } from '../versions/versions.ts';
import {
  ABOVE_ALL,
  type Answer,
  type Choice,
  type Form,
  type Panel,
  type PanelName,
  type Question,
  type WizardAnswers,
} from './wizard-form.ts';

const TYPES: readonly Choice[] = [
  { value: 'none', label: 'None', hint: 'access to all networks and machines' },
  { value: 'static', label: 'Static quarantine', hint: 'one list, in the package' },
  { value: 'dynamic', label: 'Dynamic quarantine', hint: 'one list, on a policy server' },
  { value: 'version-based', label: 'Version-based quarantine', hint: 'two lists; the machine’s version decides' },
  { value: 'custom', label: 'Custom quarantine using script', hint: 'two lists; a plug-in decides' },
];
const MODES: readonly Choice[] = [
  { value: 'whitelist', label: 'Whitelist', hint: 'only what is listed can be reached' },
  { value: 'blacklist', label: 'Blacklist', hint: 'all but what is listed can be reached' },
];
const EXCEPTIONS: readonly (Choice & { value: Exception })[] = [
  { value: 'dns', label: 'DNS packets', hint: 'any name is answered, not the listed ones alone' },
  { value: 'icmp', label: 'ICMP packets', hint: 'any machine may be pinged' },
  { value: 'printers', label: 'Printers', hint: 'the printing ports of any machine' },
];
const UNREACHABLE: readonly Choice[] = [
  { value: 'restricted', label: 'Restricted access' },
  { value: 'keep', label: 'Keep the last policy' },
  { value: 'refuse', label: 'No access, and no start' },
];

/**
 * The panels of the wizard for a machine, in their order, given its quarantine and what was answered so far: the type that
 * was chosen says which follow. After them comes “Ready to Complete”, which shows what the answers make.
 */
export function wizardPanels(before: Quarantine, answers: WizardAnswers): Panel[] {
  const type = answers.type ?? before.type;
  const options: Panel = {
    name: 'options',
    title: 'Network Quarantine Options',
    questions: [question('type', 'Which quarantine?', { kind: 'choice', choices: TYPES }, before.type)],
  };
  const lookup = panel('lookup', 'Policy Lookup', lookupQuestions(before));
  const traffic = panel('traffic', 'Network Traffic', trafficQuestions(type, before));
  switch (type) {
    case 'none':
      return [options];
    case 'static':
      return [options, normalPanel(type, before), traffic];
    case 'dynamic':
      return [options, lookup, normalPanel(type, before), traffic];
    case 'version-based': {
      const lists = [normalPanel(type, before), traffic, restrictedPanel(before)];
      return [options, lookup, ...lists, versionPanel(before, answers), messagePanel(type, before)];
    }
    case 'custom':
      return [
        options,
        panel('script', 'Script', scriptQuestions(before)),
        normalPanel(type, before),
        restrictedPanel(before),
        traffic,
        messagePanel(type, before),
      ];
  }
}

function panel(name: PanelName, title: string, questions: readonly Question[]): Panel {
  return { name, title, questions };
}

function question(
  setting: keyof WizardAnswers,
  text: string,
  form: Form,
  present: Answer | undefined,
  field: string = setting,
): Question {
  const nothing = form.kind === 'lines' || form.kind === 'choices' ? [] : form.kind === 'yes-no' ? false : '';
  return { setting, field, text, form, present: present ?? nothing };
}

function normalPanel(type: Quarantine['type'], before: Quarantine): Panel {
  const hasTwo = type === 'version-based' || type === 'custom';
  const { mode, normal } = fieldsOf(before);
  return panel('normal', `Networks and Machines${hasTwo ? ', normal access' : ''}`, [
    question('mode', 'What do the lists say?', { kind: 'choice', choices: MODES }, mode ?? 'whitelist'),
    question(
      'normal',
      'Addresses, subnets or names, with protocol and ports if wanted',
      { kind: 'lines' },
      normal?.entries.map(({ text }) => text),
      'normal.entries',
    ),
  ]);
}

function restrictedPanel(before: Quarantine): Panel {
  const { restricted } = fieldsOf(before);
  return panel('restricted', 'Networks and Machines, restricted access', [
    question(
      'restricted',
      'What is in the list while access is restricted',
      { kind: 'lines' },
      restricted?.entries.map(({ text }) => text),
      'restricted.entries',
    ),
  ]);
}

function trafficQuestions(type: Quarantine['type'], before: Quarantine): Question[] {
  const { normal, restricted } = fieldsOf(before);
  const form = { kind: 'choices', choices: EXCEPTIONS } as const;
  const what = 'Which traffic passes outside the list?';
  if (type === 'static' || type === 'dynamic')
    return [question('normalExceptions', what, form, normal?.exceptions, 'normal.exceptions')];
  return [
    question('normalExceptions', `${what} Normal access`, form, normal?.exceptions, 'normal.exceptions'),
    question(
      'restrictedExceptions',
      `${what} Restricted access`,
      form,
      restricted?.exceptions,
      'restricted.exceptions',
    ),
  ];
}

function lookupQuestions(before: Quarantine): Question[] {
  const { interval, onUnreachable, maxOffline } = fieldsOf(before);
  return [
    question('interval', 'How often is the policy looked up?', { kind: 'text' }, interval ?? '5m'),
    question(
      'maxOffline',
      'How long does it hold while the policy server cannot be reached?',
      { kind: 'text' },
      maxOffline ?? '7d',
    ),
    question('onUnreachable', 'And then?', { kind: 'choice', choices: UNREACHABLE }, onUnreachable ?? 'restricted'),
  ];
}

function scriptQuestions(before: Quarantine): Question[] {
  const script = before.type === 'custom' ? before.script : undefined;
  const { interval } = fieldsOf(before);
  return [
    question('script', 'Which file of the project’s resources?', { kind: 'text' }, script?.file, 'script.file'),
    question(
      'argument',
      'What is it started with, one argument a line?',
      { kind: 'lines' },
      script?.arguments,
      'script.arguments',
    ),
    question('timeout', 'How long may it take?', { kind: 'text' }, script?.timeout ?? '10s', 'script.timeout'),
    question('network', 'May it use the computer’s network?', { kind: 'yes-no' }, script?.network, 'script.network'),
    question('interval', 'How often is it asked while the machine runs?', { kind: 'text' }, interval ?? '5m'),
  ];
}

/** The slider: versions above the line have normal access (ACE 1.0 p. 143). */
function versionPanel(before: Quarantine, { newVersions = [] }: WizardAnswers): Panel {
  const quarantine = before.type === 'version-based' ? before : undefined;
  const names = [...(quarantine ? liveVersions(quarantine) : []).map(({ name }) => name), ...newVersions];
  const lines = names.map((name) => ({ value: name, label: `${name} and newer` }));
  const unset = [
    { value: '', label: 'None: restricted access' },
    ...names.map((name) => ({ value: name, label: name })),
  ];
  const none = { value: ABOVE_ALL, label: 'No version: all are restricted' };
  const choices = [none, ...lines.reverse(), { value: '', label: 'Every version' }];
  const threshold = quarantine?.threshold === null ? ABOVE_ALL : quarantine?.threshold;
  return panel('versions', 'Manage Versions', [
    question('newVersions', 'Newer versions to define, oldest first', { kind: 'lines' }, [], 'versions'),
    question(
      'initial',
      'What does a machine count as that never reported a version?',
      { kind: 'choice', choices: unset },
      quarantine?.initial,
    ),
    question('threshold', 'Which versions have normal access?', { kind: 'choice', choices }, threshold),
    question(
      'grace',
      'How long do older ones keep it once that changes? (3d, or nothing)',
      { kind: 'text', optional: true },
      quarantine?.grace,
    ),
  ]);
}

function messagePanel(type: Quarantine['type'], before: Quarantine): Panel {
  const messages = fieldsOf(before).messages ?? {};
  const form = { kind: 'text', optional: true } as const;
  const restricted = question(
    'restrictedMessage',
    'Shown while access is restricted',
    form,
    messages.restricted,
    'messages.restricted',
  );
  const update = question(
    'updateMessage',
    'Shown while a newer version exists',
    form,
    messages.updateAvailable,
    'messages.updateAvailable',
  );
  return panel('messages', 'Messages', type === 'version-based' ? [restricted, update] : [restricted]);
}

/** What a quarantine has of all that any type may have. */
function fieldsOf(quarantine: Quarantine): Partial<Omit<VersionQuarantine, 'type'>> {
  return quarantine.type === 'none' ? {} : quarantine;
}
