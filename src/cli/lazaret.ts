#!/usr/bin/env node
import { Option } from 'commander';
import { addAdminCommand } from './commands/admin.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEventsCommand } from './commands/events.ts';
import { addHotFixCommands } from './commands/hot-fix.ts';
import { addInstallCommand } from './commands/install.ts';
import { addMachineCommands } from './commands/machine.ts';
import { addOpenCommand } from './commands/open.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addSeeCommands } from './commands/see.ts';
import { addSupportCommand } from './commands/support.ts';
import { addUninstallCommand } from './commands/uninstall.ts';
import { addUpdateCommand } from './commands/update.ts';
import { defaultSocket } from './own-folders.ts';
import { newProgram, runProgram } from './program.ts';

const program = newProgram('lazaret', 'Installs packages and runs their machines on this computer.').addOption(
  new Option('--socket <path>', 'the service’s socket').default(await defaultSocket()).env('LAZARET_SOCKET'),
);
addInstallCommand(program);
addUpdateCommand(program);
addPlanCommand(program);
addUninstallCommand(program);
addMachineCommands(program);
addAdminCommand(program);
addHotFixCommands(program);
addSeeCommands(program);
addEventsCommand(program);
addSupportCommand(program);
addOpenCommand(program);
addDoctorCommand(program);
await runProgram(program);
