import type { Command } from 'commander';
import { ROUTES } from '../../../../api/routes.ts';
import { addCommand, type Context } from '../../../program.ts';
import { askOnce, isFailure, type ServiceOptions } from '../../../service.ts';
import { isConfirmedByName, namesIn } from '../../../terminal/confirm.ts';
import { print } from '../../../terminal/print.ts';

interface ReimageOptions extends ServiceOptions {
  dataDisk?: boolean;
  yes?: boolean;
}

export function addReimageCommand(program: Command): void {
  addCommand<ReimageOptions>(
    program,
    'reimage <vm>',
    'put a machine back to how it was installed; an administrator should have advised it',
    async (context, options, vm = '') => {
      const { generation, dataDisk } = await reimageAsking(context, options, vm);
      const data = dataDisk ? '; its data disk is empty' : '';
      print(context, { vm, generation, dataDisk }, `${vm} is as generation ${generation} was installed${data}`);
    },
  )
    .option('--data-disk', 'empty its data disk too')
    .option('--yes', 'go on although what was changed in it is lost');
}

/** The service says what would be lost; the user is asked, if there is one. */
async function reimageAsking(context: Context, options: ReimageOptions, vm: string) {
  const dataDisk = options.dataDisk === true;
  const ask = (confirmed: boolean) =>
    askOnce(options, ROUTES.reimage, { vm, body: { dataDisk, confirmed }, signal: context.signal });
  try {
    return await ask(options.yes === true);
  } catch (error) {
    const isQuestion = isFailure(error) && error.code === 'REIMAGE_CONFIRM';
    if (!isQuestion || !(await isConfirmedByName(context, error.reason, namesIn(error.details)))) throw error;
    return ask(true);
  }
}
