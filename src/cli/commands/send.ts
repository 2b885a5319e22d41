import { basename } from 'node:path';
import type { Command } from 'commander';
import { ROUTES } from '../../api/routes.ts';
import { formatBytes } from '../../lib/bytes.ts';
import { openToSend } from '../copied-file.ts';
import { print } from '../print.ts';
import { addCommand } from '../program.ts';
import { askOnce, type ServiceOptions } from '../service.ts';

/** `send`: a file into a machine that runs. */
export function addSendCommand(program: Command): void {
  addCommand<ServiceOptions>(
    program,
    'send <vm> <file>',
    'put a file into a machine that runs, where its user’s downloads are',
    async (context, options, vm = '', file = '') => {
      await using opened = await openToSend(file);
      const { content, bytes } = opened;
      const query = { name: basename(file) };
      const answer = await askOnce(options, ROUTES.sendFile, {
        vm,
        query,
        file: { content, bytes },
        signal: context.signal,
      });
      print(context, answer, `${answer.name}, ${formatBytes(answer.bytes)}, is in ${vm}`);
    },
  );
}
