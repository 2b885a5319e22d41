import { type Command, Option } from 'commander';
import { AppError } from '../../../lib/errors.ts';
import { answerRequest, foreseeAnswer, type HotFixWord } from '../../../manager/hot-fixes/answer.ts';
import { type AnsweredHotFix, readHotFixLog } from '../../../manager/hot-fixes/log.ts';
import { type OpenedRequest, openRequest } from '../../../manager/hot-fixes/opened.ts';
import { systemClock } from '../../../sys/clock.ts';
import { day, wholeNumber } from '../../arguments.ts';
import { mailHotFixFile, writeHotFixFile } from '../../hot-fix-file.ts';
import { addCommand, type Context } from '../../program.ts';
import {
  type PassphraseOptions,
  type RecoveryPassphraseOptions,
  readPassphrase,
  readRecoveryPassphrase,
} from '../../secrets/passphrase.ts';
import { newPassword, type PasswordOptions, passwordOption } from '../../secrets/password.ts';
import { isAgreed } from '../../terminal/confirm.ts';
import { print, table } from '../../terminal/print.ts';

interface Located extends PassphraseOptions {
  directory: string;
  letters?: string;
}

interface Answered extends Located, RecoveryPassphraseOptions {
  recoveryKey?: string;
  message?: string;
  out?: string;
  mail?: boolean;
  yes?: boolean;
}

interface Approved extends Answered, PasswordOptions {
  days?: number;
  date?: string;
}

/** `hot-fix`: requests of users for the way back into their machines. */
export function addHotFixAnswerCommands(program: Command): void {
  const hotFix = program.command('hot-fix').description('requests of users: lost password, expired, moved');

  addCommand<Located>(hotFix, 'open [file]', 'show a request', async (context, options, file?: string) => {
    const opened = await open(options, file);
    print(context, opened, requestText(opened));
  }).addOption(lettersOption());

  const approve = addCommand<Approved>(
    hotFix,
    'approve [file]',
    'see what an approval does, and give it',
    async (context, options, file?: string) => {
      const opened = await open(options, file);
      await answer(context, options, opened, await approvalOf(opened, options));
    },
  )
    .addOption(
      new Option('--days <number>', 'expired: so many days from the day on which it is applied').argParser(wholeNumber),
    )
    .option('--date <day>', 'expired: on this day for the last time: 2026-12-31', day)
    .addOption(passwordOption())
    .option('--recovery-key <file>', 'encrypted disks: the recovery key, where it is not in the project’s keys')
    .option('--recovery-passphrase-file <file>', 'read the recovery key’s passphrase from this file');
  const deny = addCommand<Answered>(hotFix, 'deny [file]', 'deny a request', async (context, options, file?: string) =>
    answer(context, options, await open(options, file), { kind: 'denied' }),
  );
  for (const command of [approve, deny])
    command
      .addOption(lettersOption())
      .option('--message <text>', 'what its user is told')
      .option('--out <file>', 'where to write the answer')
      .option('--mail', 'open a mail with it in your mail program')
      .option('--yes', 'do it without a question');

  addCommand<Located>(hotFix, 'log', 'list the answers that were given', async (context, { directory }) => {
    const answers = await readHotFixLog(directory);
    const rows = answers.map((each) => [each.at, each.vm, each.problem, wordText(each), each.name ?? each.way]);
    print(context, answers, rows.length > 0 ? table(rows) : 'no request was answered yet');
  });
}

function lettersOption(): Option {
  return new Option('--letters <text>', 'a request that was read out by telephone, instead of a file');
}

function open({ directory, letters }: Located, path: string | undefined): Promise<OpenedRequest> {
  if ((letters === undefined) === (path === undefined))
    throw new AppError('USAGE', 'say one of: the file of a request, --letters');
  return openRequest(directory, letters === undefined ? { path: path ?? '' } : { letters }, systemClock());
}

async function approvalOf({ problem, way }: OpenedRequest, options: Approved): Promise<HotFixWord> {
  const { days, date } = options;
  if (days !== undefined && date !== undefined) throw new AppError('USAGE', 'say one of: --days, --date');
  if (days !== undefined) return { kind: 'days', days };
  if (date !== undefined) return { kind: 'date', date };
  if (problem === 'moved') return { kind: 'place' };
  if (problem === 'password' && way === 'telephone') return { kind: 'new-password' };
  if (problem === 'password') return { kind: 'password', password: await newPassword('A temporary password', options) };
  throw new AppError('USAGE', 'say how long the machine may be used: --days or --date');
}

/** Shows what an answer does before it is given. @throws HOT_FIX_CONFIRM */
async function answer(context: Context, options: Answered, opened: OpenedRequest, word: HotFixWord): Promise<void> {
  const { directory, message = '', out, mail, yes } = options;
  const now = systemClock();
  const text = `${requestText(opened)}\n\nThe answer ${foreseeAnswer(opened, word, now)}`;
  if (yes !== true && !(await isAgreed(context, `${text}. Give it?`))) throw new AppError('HOT_FIX_CONFIRM', text);
  const passphrase = () => readPassphrase(options);
  const recoveryKey = async () => ({
    ...(options.recoveryKey === undefined ? {} : { path: options.recoveryKey }),
    passphrase: await readRecoveryPassphrase(options),
  });
  const given = await answerRequest(directory, opened, { word, message, passphrase, recoveryKey, now });
  if (given.letters !== undefined)
    return print(context, given, `the answer ${given.text}; read out:\n  ${given.letters}`);
  if (given.file === undefined) return print(context, given, `the answer ${given.text}: say so, nothing is typed`);
  const path = await writeHotFixFile(out ?? given.fileName ?? '', given.file);
  const address = opened.told?.address ?? '';
  const isMailed =
    mail === true && (await mailHotFixFile(address, `Hot fix for ${opened.vm}`, `${message}\n${given.file}`, path));
  const next = isMailed
    ? 'send the mail that your mail program has opened'
    : `send it${address === '' ? '' : ` to ${address}`}`;
  const secret = word.kind === 'password' ? '; tell the temporary password by another way' : '';
  print(context, { ...given, path, isMailed }, `the answer ${given.text}; it is in ${path}\n${next}${secret}`);
}

function requestText(opened: OpenedRequest): string {
  const { vm, problem, recovers, told, isOver, answered } = opened;
  const rows = [
    ['machine', vm],
    ['problem', `${PROBLEM_TEXT[problem]}${recovers ? ', and its disks are encrypted' : ''}`],
    ...(told
      ? [
          ['who', told.address === '' ? told.name : `${told.name}, ${told.address}`],
          ['computer', told.computer],
          ['made at', told.madeAt],
          ...(told.situation === '' ? [] : [['says', told.situation]]),
          ...(told.note === '' ? [] : [['note', told.note.replaceAll('\n', ' ')]]),
        ]
      : [['way', 'by telephone: make sure who calls']]),
    ...(isOver === undefined ? [] : [['TOO LATE', isOver]]),
    ...answered.map((each) => ['answered', `${each.at}: ${wordText(each)}`]),
  ];
  return table(rows);
}

const PROBLEM_TEXT: Record<OpenedRequest['problem'], string> = {
  password: 'its password is lost',
  expired: 'its time is over',
  moved: 'it is not where it was installed',
};

function wordText({ kind, days, date, message }: AnsweredHotFix): string {
  const text =
    days !== undefined ? `${days} ${days === 1 ? 'day' : 'days'}` : date !== undefined ? `until ${date}` : WORDS[kind];
  return message === undefined ? text : `${text}: ${message}`;
}

const WORDS: Record<AnsweredHotFix['kind'], string> = {
  denied: 'denied',
  days: 'days',
  date: 'a date',
  place: 'may run where it is',
  password: 'a temporary password',
  'new-password': 'a new password is chosen',
};
