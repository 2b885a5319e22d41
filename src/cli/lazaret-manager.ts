#!/usr/bin/env node
import { type Command, Option } from 'commander';
import { newProgram, runProgram } from './program.ts';

/** Adds commands to the program. */
type Add = (program: Command) => void;

/** What each command is in, the narrowest first. A module is loaded when one of its commands is asked for: no command waits for the others’. */
const MODULES: readonly { commands: readonly string[]; load: () => Promise<Add> }[] = [
  { commands: ['init', 'project'], load: async () => (await import('./commands/init.ts')).addInitCommand },
  { commands: ['vm'], load: async () => (await import('./commands/vm.ts')).addVmCommands },
  {
    commands: ['preview', 'power-on'],
    load: async () => (await import('./commands/preview.ts')).addPreviewCommands,
  },
  {
    commands: ['view', 'console'],
    load: async () => (await import('./commands/preview-see.ts')).addPreviewSeeCommands,
  },
  { commands: ['nq simulate', 'nq impact'], load: async () => (await import('./commands/foresee.ts')).addForesight },
  { commands: ['nq'], load: async () => (await import('./commands/quarantine.ts')).addQuarantineCommands },
  {
    commands: ['update-script'],
    load: async () => (await import('./commands/update-script.ts')).addUpdateScriptCommand,
  },
  { commands: ['policy'], load: async () => (await import('./commands/policy.ts')).addPolicyCommands },
  { commands: ['deploy', 'serve'], load: async () => (await import('./commands/deploy.ts')).addDeployCommands },
  {
    commands: ['deployments'],
    load: async () => (await import('./commands/deployments.ts')).addDeploymentCommands,
  },
  { commands: ['ui'], load: async () => (await import('./commands/ui.ts')).addUiCommand },
  { commands: ['package'], load: async () => (await import('./commands/package.ts')).addPackageCommands },
  { commands: ['hot-fix'], load: async () => (await import('./commands/hot-fix-answer.ts')).addHotFixAnswerCommands },
  { commands: ['keys'], load: async () => (await import('./commands/keys.ts')).addKeyCommands },
  { commands: ['guest-tools'], load: async () => (await import('./commands/guest-tools.ts')).addGuestToolsCommand },
];
/** Options before a command, with the word behind them. */
const VALUED = ['-C', '--directory', '--passphrase-file'];

/** The words from the first on that is no option. */
function askedFor([first, ...rest]: readonly string[]): readonly string[] {
  if (first === undefined) return [];
  if (!first.startsWith('-')) return [first, ...rest];
  return askedFor(VALUED.includes(first) ? rest.slice(1) : rest);
}

const program = newProgram('lazaret-manager', 'Builds virtual machines, sets their policies, packs both for users.')
  .addOption(new Option('-C, --directory <dir>', 'the project’s folder').default('.'))
  .addOption(
    new Option(
      '--passphrase-file <file>',
      'a file that holds the passphrase of the project’s keys; else LAZARET_PASSPHRASE, else you are asked',
    ),
  );
const [command = '', subcommand = ''] = askedFor(process.argv.slice(2));
const asked = [`${command} ${subcommand}`, command];
const wanted = MODULES.find(({ commands }) => commands.some((known) => asked.includes(known)));
const all = MODULES.filter(({ commands }) => commands.every((known) => !known.includes(' ')));
for (const { load } of wanted ? [wanted] : all) (await load())(program);
await runProgram(program);
