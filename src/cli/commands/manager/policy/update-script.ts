import { resolve } from 'node:path';
import type { Command } from 'commander';
import { updaterFor } from '../../../../manager/policies/update-script.ts';
import { addCommand } from '../../../program.ts';
import { print } from '../../../terminal/print.ts';

interface ScriptOptions {
  directory: string;
  command?: string[];
  commandsFile?: string[];
  out?: string;
}

export function addUpdateScriptCommand(program: Command): void {
  addCommand<ScriptOptions>(
    program,
    'update-script <vm> <version>',
    'write the updater that brings guests to a version',
    async (context, options, vm = '', version = '') => {
      const { directory, command: commands = [], commandsFile: commandFiles = [], out } = options;
      const path = out === undefined ? undefined : resolve(out);
      const script = await updaterFor(directory, vm, version, { commands, commandFiles }, path);
      print(context, { vm, version, script }, out === undefined ? script.trimEnd() : `wrote ${out}`);
    },
  )
    .option('--command <[version=]text...>', 'a command that updates from the version before; at least one is needed')
    .option('--commands-file <[version=]file...>', 'the same, read from a file')
    .option('--out <file>', 'the file to write, instead of standard output');
}
