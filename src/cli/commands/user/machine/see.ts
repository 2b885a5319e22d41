import type { Command } from 'commander';
import { ROUTES } from '../../../../api/routes.ts';
import { addCommand } from '../../../program.ts';
import { askOnce, openMachineStream, type ServiceOptions } from '../../../service.ts';
import { atConsole } from '../../../terminal/console.ts';
import { viewScreen } from '../../../terminal/view.ts';

/** `view` and `console`: a user sees his machine. */
export function addSeeCommands(program: Command): void {
  addCommand<ServiceOptions>(
    program,
    'view <vm>',
    'show a running machine’s screen in a viewer, without sound: the player alone plays that (`lazaret open`)',
    async (context, options, vm = '') => {
      const { rights } = await askOnce(options, ROUTES.machine, { vm });
      const open = () => openMachineStream(options, vm, 'screen', context.signal);
      await viewScreen(context, vm, open, rights?.fullScreen);
    },
  );
  addCommand<ServiceOptions>(
    program,
    'console <vm>',
    'open a running machine’s serial console; Ctrl-] leaves it',
    async (context, options, vm = '') => {
      await atConsole(context, vm, await openMachineStream(options, vm, 'console', context.signal));
    },
  );
}
