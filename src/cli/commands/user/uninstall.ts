import type { Command } from 'commander';
import type { UninstalledAnswer } from '../../../api/install.ts';
import { ROUTES } from '../../../api/routes.ts';
import { addCommand, type Context } from '../../program.ts';
import { askOnce, isFailure, type ServiceOptions } from '../../service.ts';
import { isConfirmedByName, namesIn } from '../../terminal/confirm.ts';
import { print } from '../../terminal/print.ts';

export function addUninstallCommand(program: Command): void {
  addCommand<ServiceOptions & { yes?: boolean }>(
    program,
    'uninstall <machine...>',
    'remove machines with all that was changed in them, and their data disks',
    async (context, options, ...given) => {
      const { removed } = await uninstallAsking(context, options, given.flat(), options.yes === true);
      print(context, removed, removed.map(removedText).join('\n'));
    },
  ).option('--yes', 'go on although what the user keeps in them is lost');
}

function removedText({ vm, hasDataDisk }: UninstalledAnswer['removed'][number]): string {
  return hasDataDisk ? `${vm} is removed, and its data disk` : `${vm} is removed`;
}

/** The service says what would be lost; the user is asked, if there is one. */
async function uninstallAsking(context: Context, options: ServiceOptions, vms: string[], confirmed: boolean) {
  const ask = (isConfirmed: boolean) =>
    askOnce(options, ROUTES.uninstall, { body: { vms, confirmed: isConfirmed }, signal: context.signal });
  try {
    return await ask(confirmed);
  } catch (error) {
    const isQuestion = isFailure(error) && error.code === 'UNINSTALL_CONFIRM';
    if (!isQuestion || !(await isConfirmedByName(context, error.reason, namesIn(error.details)))) throw error;
    return ask(true);
  }
}
