import { resolve } from 'node:path';
import type { Command } from 'commander';
import { ROUTES } from '../../../../api/routes.ts';
import { AppError } from '../../../../lib/errors.ts';
import { addCommand } from '../../../program.ts';
import { askOnce, type ServiceOptions } from '../../../service.ts';
import { print } from '../../../terminal/print.ts';

/** `share`: a folder of this computer, for the guest of a machine that runs. */
export function addShareCommand(program: Command): void {
  addCommand<ServiceOptions & { readOnly?: boolean; stop?: boolean }>(
    program,
    'share <vm> [folder]',
    'share a folder of yours with a machine that runs, or share none any more',
    async (context, { readOnly = false, stop = false, ...options }, vm = '', folder?: string) => {
      if (stop === (folder !== undefined)) throw new AppError('USAGE', 'give either a folder or --stop');
      if (folder === undefined) {
        const answer = await askOnce(options, ROUTES.stopSharing, { vm });
        return print(context, answer, `no folder is shared with ${vm}`);
      }
      const body = { path: resolve(folder), readOnly };
      const answer = await askOnce(options, ROUTES.shareFolder, { vm, body });
      print(
        context,
        answer,
        `${body.path} is shared with ${vm}, ${readOnly ? 'to be read' : 'to be read and written'}`,
      );
    },
  )
    .option('--read-only', 'its guest cannot write there')
    .option('--stop', 'take away the folder that is shared');
}
