import { basename } from 'node:path';
import type { Command } from 'commander';
import { ROUTES } from '../../../../api/routes.ts';
import { formatBytes } from '../../../../lib/bytes.ts';
import { openToSend } from '../../../copied-file.ts';
import { addCommand } from '../../../program.ts';
import { askOnce, type ServiceOptions } from '../../../service.ts';
import { print } from '../../../terminal/print.ts';
import { progressLine } from '../../../terminal/progress.ts';

/** `send`: a file into a machine that runs. */
export function addSendCommand(program: Command): void {
  addCommand<ServiceOptions>(
    program,
    'send <vm> <file>',
    'put a file into a machine that runs, where its user’s downloads are',
    async (context, options, vm = '', file = '') => {
      await using opened = await openToSend(file);
      const { bytes } = opened;
      const name = basename(file);
      const line = progressLine(context);
      const content = told(opened.content, (doneBytes) => line.show(`sending ${name}`, doneBytes, bytes));
      const sent = { vm, query: { name }, file: { content, bytes }, signal: context.signal };
      const answer = await askOnce(options, ROUTES.sendFile, sent);
      print(context, answer, `${answer.name}, ${formatBytes(answer.bytes)}, is in ${vm}`);
    },
  );
}

/** What comes, and how much of it came. */
async function* told(
  content: AsyncIterable<Uint8Array>,
  tell: (doneBytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let doneBytes = 0;
  for await (const piece of content) {
    yield piece;
    doneBytes += piece.length;
    tell(doneBytes);
  }
}
