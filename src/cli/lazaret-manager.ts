#!/usr/bin/env node
import { type Command, Option } from 'commander';
import { newProgram, runProgram } from './program.ts';

/** Adds commands to the program. */
type Add = (program: Command) => void;

/** What each command is in. A module is loaded when one of its commands is asked for: no command waits for the others’. */
const MODULES: readonly { commands: readonly string[]; load: () => Promise<Add> }[] = [
  { commands: ['init', 'project'], load: async () => (await import('./commands/init.ts')).addInitCommand },
  { commands: ['vm'], load: async () => (await import('./commands/vm.ts')).addVmCommands },
  {
    commands: ['preview', 'power-on'],
    load: async () => (await import('./commands/preview.ts')).addPreviewCommands,
  },
  { commands: ['nq'], load: async () => (await import('./commands/quarantine.ts')).addQuarantineCommands },
  {
    commands: ['update-script'],
    load: async () => (await import('./commands/update-script.ts')).addUpdateScriptCommand,
  },
  { commands: ['policy'], load: async () => (await import('./commands/policy.ts')).addPolicyCommands },
  { commands: ['deploy', 'serve'], load: async () => (await import('./commands/deploy.ts')).addDeployCommands },
  { commands: ['package'], load: async () => (await import('./commands/package.ts')).addPackageCommands },
  { commands: ['guest-tools'], load: async () => (await import('./commands/guest-tools.ts')).addGuestToolsCommand },
];
/** Options before a command, with the word behind them. */
const VALUED = ['-C', '--directory', '--passphrase-file'];

/** The first word that is no option; undefined where there is none. */
function askedFor([first, ...rest]: readonly string[]): string | undefined {
  if (first === undefined || !first.startsWith('-')) return first;
  return askedFor(VALUED.includes(first) ? rest.slice(1) : rest);
}

const program = newProgram('lazaret-manager', 'Builds virtual machines, sets their policies, packs both for users.')
  .addOption(new Option('-C, --directory <dir>', 'the project’s folder').default('.'))
  .addOption(new Option('--passphrase-file <file>', 'a file that holds the passphrase of the project’s keys'));
const asked = askedFor(process.argv.slice(2)) ?? '';
const wanted = MODULES.filter(({ commands }) => commands.includes(asked));
for (const { load } of wanted.length > 0 ? wanted : MODULES) (await load())(program);
await runProgram(program);
