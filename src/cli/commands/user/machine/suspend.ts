import type { Command } from 'commander';
import type { MachineAnswer } from '../../../../api/machine.ts';
import { ROUTES } from '../../../../api/routes.ts';
import { formatBytes } from '../../../../lib/bytes.ts';
import { addCommand, type Context } from '../../../program.ts';
import { type PasswordOptions, withPassword } from '../../../secrets/password.ts';
import { askOnce, isFailure, type ServiceOptions } from '../../../service.ts';
import { isConfirmedByName, namesIn } from '../../../terminal/confirm.ts';
import { print } from '../../../terminal/print.ts';
import { whileSaving } from '../../../terminal/saving.ts';

export function addSuspendCommand(program: Command): void {
  addCommand<ServiceOptions>(
    program,
    'suspend <vm>',
    'save a machine’s memory and end it: its next start goes on where it was',
    async (context, options, vm = '') => {
      const saved = await whileSaving(options, vm, askOnce(options, ROUTES.suspend, { vm }));
      const text = `${vm} is suspended, with ${formatBytes(saved.memoryBytes)} of memory; “lazaret start ${vm}” goes on where it was`;
      print(context, saved, text);
    },
  );
}

/**
 * Starts a machine. Where one cannot go on where it was suspended, the user is asked whether it may boot, if there is one.
 * With `mayRun` one that runs already is as good as started, but for `--discard`, which is to boot it anew.
 */
export async function startAsking(
  context: Context,
  options: ServiceOptions & PasswordOptions & { discard?: boolean },
  vm: string,
  { mayRun = false } = {},
): Promise<MachineAnswer> {
  const start = (discard: boolean) =>
    withPassword(vm, options, (secrets) =>
      askOnce(options, ROUTES.start, { vm, body: { ...secrets, ...(discard ? { discard } : {}) } }),
    );
  try {
    return await start(options.discard === true);
  } catch (error) {
    if (mayRun && options.discard !== true && isFailure(error) && error.code === 'VM_RUNNING')
      return askOnce(options, ROUTES.machine, { vm });
    const isQuestion = isFailure(error) && error.code === 'SUSPENDED_UNFIT';
    if (!isQuestion || !(await isConfirmedByName(context, error.reason, namesIn(error.details)))) throw error;
    return start(true);
  }
}
