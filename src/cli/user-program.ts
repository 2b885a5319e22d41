import { type Command, Option } from 'commander';
import { addAsked, type Module } from './modules.ts';
import { newProgram } from './program.ts';

const MODULES: readonly Module[] = [
  { commands: ['install'], load: async () => (await import('./commands/user/install.ts')).addInstallCommand },
  { commands: ['update'], load: async () => (await import('./commands/user/update.ts')).addUpdateCommand },
  { commands: ['upgrade'], load: async () => (await import('./commands/user/upgrade.ts')).addUpgradeCommand },
  { commands: ['plan'], load: async () => (await import('./commands/user/plan.ts')).addPlanCommand },
  { commands: ['uninstall'], load: async () => (await import('./commands/user/uninstall.ts')).addUninstallCommand },
  {
    commands: [
      'list',
      'status',
      'start',
      'passwd',
      'stop',
      'reset',
      'rollback',
      'suspend',
      'reimage',
      'snapshot',
      'devices',
      'connect',
      'disconnect',
      'clipboard',
      'send',
      'share',
      'look-up',
      'explain',
    ],
    load: async () => (await import('./commands/user/machine/machine.ts')).addMachineCommands,
  },
  { commands: ['admin'], load: async () => (await import('./commands/user/admin.ts')).addAdminCommand },
  { commands: ['hot-fix'], load: async () => (await import('./commands/user/hot-fix.ts')).addHotFixCommands },
  { commands: ['view', 'console'], load: async () => (await import('./commands/user/machine/see.ts')).addSeeCommands },
  { commands: ['events'], load: async () => (await import('./commands/user/events.ts')).addEventsCommand },
  { commands: ['support'], load: async () => (await import('./commands/user/support.ts')).addSupportCommand },
  { commands: ['open'], load: async () => (await import('./commands/user/machine/open.ts')).addOpenCommand },
  { commands: ['doctor'], load: async () => (await import('./commands/user/doctor.ts')).addDoctorCommand },
];
/** Options before a command, with the word behind them. */
const VALUED = ['--socket'];

/** `lazaret`, with the commands that these words may mean; it asks by `socket` where nobody names another. */
export async function userProgram(words: readonly string[], socket: string): Promise<Command> {
  const program = newProgram('lazaret', 'Installs packages and runs their machines on this computer.').addOption(
    new Option('--socket <path>', 'the service’s socket').default(socket).env('LAZARET_SOCKET'),
  );
  await addAsked(program, MODULES, words, VALUED);
  return program;
}
