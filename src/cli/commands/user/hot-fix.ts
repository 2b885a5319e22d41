import { type Command, Option } from 'commander';
import type { HotFixAnswer, HotFixGivenRequest, HotFixRequestedAnswer } from '../../../api/hot-fix.ts';
import { ROUTES } from '../../../api/routes.ts';
import { AppError } from '../../../lib/errors.ts';
import { HOT_FIX_PROBLEMS, type HotFixProblem } from '../../../policy/hot-fixes.ts';
import { askLine, mailHotFixFile, readHotFixFile, writeHotFixFile } from '../../hot-fix-file.ts';
import { addCommand, type Context } from '../../program.ts';
import { askOnce, type ServiceOptions } from '../../service.ts';
import { isAgreed } from '../../terminal/confirm.ts';
import { print } from '../../terminal/print.ts';

interface RequestOptions extends ServiceOptions {
  problem?: HotFixProblem;
  name?: string;
  address?: string;
  note?: string;
  out?: string;
  mail?: boolean;
}

type ApplyOptions = ServiceOptions & { yes?: boolean };

/** `hot-fix`: the way back into a machine that was refused. */
export function addHotFixCommands(program: Command): void {
  const hotFix = program.command('hot-fix').description('the way back into a machine: lost password, expired, moved');

  addCommand<RequestOptions>(
    hotFix,
    'request <vm>',
    'ask your administrator for a hot fix: writes a request to be sent, or to be read out by telephone',
    async (context, options, vm = '') => {
      const asked = await askOnce(options, ROUTES.requestHotFix, { vm, body: await bodyOf(options) });
      const path = await writeHotFixFile(options.out ?? asked.fileName, asked.file);
      const isMailed = options.mail === true && (await mailed(asked, path));
      print(context, { ...asked, path, isMailed }, requestText(asked, path, isMailed));
    },
  )
    .addOption(
      new Option('--problem <problem>', 'what is wrong, where the machine cannot tell: a lost password').choices([
        ...HOT_FIX_PROBLEMS,
      ]),
    )
    .option('--name <name>', 'who you are')
    .option('--address <address>', 'where the answer is to be sent')
    .option('--note <text>', 'what else your administrator should know')
    .option('--out <file>', 'where to write the request')
    .option('--mail', 'open a mail with it in your mail program');

  addCommand<ApplyOptions>(
    hotFix,
    'apply <file>',
    'see what a hot fix does, and do it',
    async (context, options, file = '') => {
      const { vm, text } = await readHotFixFile(file);
      await apply(context, options, vm, { file: text });
    },
  ).option('--yes', 'do it without a question');

  addCommand<ApplyOptions>(
    hotFix,
    'answer <vm> [letters...]',
    'type the answer that was read out by telephone',
    async (context, options, ...[vm = '', given]) => {
      const letters = [given ?? []].flat().join(' ');
      const typed = letters === '' ? await askLine('The groups of letters of the answer') : letters;
      if (!typed) throw new AppError('USAGE', 'say the letters of the answer');
      await apply(context, options, vm, { letters: typed });
    },
  ).option('--yes', 'do it without a question');
}

async function bodyOf({ problem, name, address, note }: RequestOptions) {
  const who = name ?? (await askLine('Who you are, for your administrator'));
  if (!who) throw new AppError('USAGE', 'say who you are: --name');
  return {
    ...{ name: who, address: address ?? '', note: note ?? '' },
    ...(problem === undefined ? {} : { problem }),
  };
}

async function mailed({ vm, email = '', subject, file, instructions = '' }: HotFixRequestedAnswer, path: string) {
  const text = [`A request for a hot fix of ${vm} is attached.`, instructions, file].filter(Boolean).join('\n\n');
  return mailHotFixFile(email, subject ?? `Hot fix for ${vm}`, text, path);
}

function requestText(asked: HotFixRequestedAnswer, path: string, isMailed: boolean): string {
  const { vm, problem, letters, until, email, telephone, instructions } = asked;
  const groups = letters.split(' ').map((group, at) => `${at + 1}: ${group}`);
  const rows = [groups.slice(0, 7), groups.slice(7)].map((row) => `  ${row.join('   ')}`);
  const send = `send it to ${email ?? 'your administrator'}`;
  return [
    `the request for ${vm} (${PROBLEM_TEXT[problem]}) is in ${path}`,
    isMailed ? `it is in a mail that your mail program has opened: send that` : send,
    ...(instructions === undefined ? [] : [instructions]),
    `without a network, read this out by telephone${telephone === undefined ? '' : ` (${telephone})`}:`,
    ...rows,
    `an answer is taken until ${new Date(until).toLocaleString('sv-SE').slice(0, 16)}: \`lazaret hot-fix apply FILE\`, or \`lazaret hot-fix answer ${vm}\` by telephone`,
  ].join('\n');
}

const PROBLEM_TEXT: Record<HotFixProblem, string> = {
  password: 'its password is lost',
  expired: 'its time is over',
  moved: 'it is not where it was installed',
};

/** Shows what an answer does before it is done. @throws HOT_FIX_CONFIRM, and as the service */
async function apply(context: Context, options: ApplyOptions, vm: string, body: HotFixGivenRequest): Promise<void> {
  const foreseen = await askOnce(options, ROUTES.foreseeHotFix, { vm, body });
  const text = answerText(foreseen);
  if (options.yes !== true && !(await isAgreed(context, `${text}. Do it?`, true)))
    throw new AppError('HOT_FIX_CONFIRM', text);
  const done = await askOnce(options, ROUTES.applyHotFix, { vm, body });
  print(context, done, `${answerText(done)}${NEXT[done.kind] ?? ''}`);
}

function answerText({ text, message }: HotFixAnswer): string {
  return message === undefined ? text : `${text}: ${message}`;
}

const NEXT: Partial<Record<HotFixAnswer['kind'], string>> = {
  password: '\nstart it, and choose a new password',
  letters: '\nstart it with these letters, and choose a new password',
  'new-password': '\nstart it now, and choose a new password',
  place: '\nstart it',
  renewal: '\nstart it',
};
