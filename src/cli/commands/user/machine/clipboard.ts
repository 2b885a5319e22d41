import type { Command } from 'commander';
import { ROUTES } from '../../../../api/routes.ts';
import { formatBytes } from '../../../../lib/bytes.ts';
import { readCopied, writeCopied } from '../../../copied-file.ts';
import { addCommand } from '../../../program.ts';
import { askOnce, type ServiceOptions } from '../../../service.ts';
import { print } from '../../../terminal/print.ts';

const WORDS = { 'text/plain': 'text', 'image/png': 'picture' } as const;

/** `clipboard`: what was copied, into a machine and out of it. */
export function addClipboardCommands(program: Command): void {
  const clipboard = program.command('clipboard').description('copy texts and pictures into a machine and out of it');

  addCommand<ServiceOptions>(
    clipboard,
    'show <vm>',
    'show what may pass, and whether something waits in the machine',
    async (context, options, vm = '') => {
      const answer = await askOnce(options, ROUTES.clipboard, { vm });
      const { hostToGuest, guestToHost, mostBytes, hasAgent, serial } = answer;
      const lines = [
        `into ${vm}      ${hostToGuest ? `texts and pictures of at most ${formatBytes(mostBytes)}` : 'nothing: the project does not let it'}`,
        `out of ${vm}    ${guestToHost ? `texts and pictures of at most ${formatBytes(mostBytes)}` : 'nothing: the project does not let it'}`,
        `agent in its guest  ${hasAgent ? 'there' : 'not there: nothing passes without it'}`,
        ...(serial > 0 ? ['something was copied in it: `lazaret clipboard take` brings it'] : []),
      ];
      print(context, answer, lines.join('\n'));
    },
  );

  addCommand<ServiceOptions>(
    clipboard,
    'give <vm> <file>',
    'let a text or a PNG picture be pasted in a machine',
    async (context, options, vm = '', file = '') => {
      const body = await readCopied(file);
      const answer = await askOnce(options, ROUTES.giveClipboard, { vm, body });
      print(context, answer, `a ${WORDS[answer.type]} of ${formatBytes(answer.bytes)} can be pasted in ${vm}`);
    },
  );

  addCommand<ServiceOptions & { out?: string }>(
    clipboard,
    'take <vm>',
    'bring what was copied in a machine',
    async (context, { out, ...options }, vm = '') => {
      const answer = await askOnce(options, ROUTES.takeClipboard, { vm });
      const bytes = Buffer.from(answer.base64, 'base64');
      if (out !== undefined) await writeCopied(out, answer);
      const isShown = out === undefined && answer.type === 'text/plain';
      const text = `a ${WORDS[answer.type]} of ${formatBytes(bytes.length)}${out === undefined ? ': name a file with --out' : ` is in ${out}`}`;
      print(context, answer, isShown ? bytes.toString('utf8') : text);
    },
  ).option('--out <file>', 'write it to a file');
}
