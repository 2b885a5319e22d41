#!/usr/bin/env node
import { Option } from 'commander';
import { addDeployCommands } from './commands/deploy.ts';
import { addGuestToolsCommand } from './commands/guest-tools.ts';
import { addInitCommand } from './commands/init.ts';
import { addPackageCommands } from './commands/package.ts';
import { addPolicyCommands } from './commands/policy.ts';
import { addPreviewCommands } from './commands/preview.ts';
import { addQuarantineCommands } from './commands/quarantine.ts';
import { addUpdateScriptCommand } from './commands/update-script.ts';
import { addVmCommands } from './commands/vm.ts';
import { newProgram, runProgram } from './program.ts';

const program = newProgram('lazaret-manager', 'Builds virtual machines, sets their policies, packs both for users.')
  .addOption(new Option('-C, --directory <dir>', 'the project’s folder').default('.'))
  .addOption(new Option('--passphrase-file <file>', 'a file that holds the passphrase of the project’s keys'));
addInitCommand(program);
addVmCommands(program);
addPreviewCommands(program);
addQuarantineCommands(program);
addUpdateScriptCommand(program);
addPolicyCommands(program);
addDeployCommands(program);
addPackageCommands(program);
addGuestToolsCommand(program);
await runProgram(program);
