import { type Command, Option } from 'commander';
import { speakAs } from '../lib/errors.ts';
import { addAsked, type Module } from './modules.ts';
import { newProgram } from './program.ts';

const MODULES: readonly Module[] = [
  { commands: ['init', 'project'], load: async () => (await import('./commands/manager/init.ts')).addInitCommand },
  {
    commands: ['import-ace'],
    load: async () => (await import('./commands/manager/import-ace.ts')).addImportAceCommand,
  },
  { commands: ['vm'], load: async () => (await import('./commands/manager/vm/vm.ts')).addVmCommands },
  {
    commands: ['preview', 'power-on'],
    load: async () => (await import('./commands/manager/vm/preview.ts')).addPreviewCommands,
  },
  {
    commands: ['view', 'console'],
    load: async () => (await import('./commands/manager/vm/preview-see.ts')).addPreviewSeeCommands,
  },
  {
    commands: ['nq simulate', 'nq impact'],
    load: async () => (await import('./commands/manager/quarantine/foresee.ts')).addForesight,
  },
  {
    commands: ['nq'],
    load: async () => (await import('./commands/manager/quarantine/quarantine.ts')).addQuarantineCommands,
  },
  {
    commands: ['update-script'],
    load: async () => (await import('./commands/manager/policy/update-script.ts')).addUpdateScriptCommand,
  },
  { commands: ['policy'], load: async () => (await import('./commands/manager/policy/policy.ts')).addPolicyCommands },
  {
    commands: ['deploy', 'serve'],
    load: async () => (await import('./commands/manager/policy/deploy.ts')).addDeployCommands,
  },
  {
    commands: ['deployments'],
    load: async () => (await import('./commands/manager/policy/deployments.ts')).addDeploymentCommands,
  },
  { commands: ['ui'], load: async () => (await import('./commands/manager/ui.ts')).addUiCommand },
  {
    commands: ['package'],
    load: async () => (await import('./commands/manager/package/package.ts')).addPackageCommands,
  },
  {
    commands: ['hot-fix'],
    load: async () => (await import('./commands/manager/hot-fix-answer.ts')).addHotFixAnswerCommands,
  },
  { commands: ['keys'], load: async () => (await import('./commands/manager/keys.ts')).addKeyCommands },
  {
    commands: ['guest-tools'],
    load: async () => (await import('./commands/manager/vm/guest-tools.ts')).addGuestToolsCommand,
  },
];
/** Options before a command, with the word behind them. */
const VALUED = ['-C', '--directory', '--passphrase-file'];

/** `lazaret-manager`, with the commands that these words may mean. */
export async function managerProgram(words: readonly string[]): Promise<Command> {
  speakAs('lazaret-manager');
  const program = newProgram('lazaret-manager', 'Builds virtual machines, sets their policies, packs both for users.')
    .addOption(new Option('-C, --directory <dir>', 'the project’s folder').default('.'))
    .addOption(
      new Option(
        '--passphrase-file <file>',
        'a file that holds the passphrase of the project’s keys; else LAZARET_PASSPHRASE, else you are asked',
      ),
    );
  await addAsked(program, MODULES, words, VALUED);
  return program;
}
