import { AppError } from '../../lib/errors.ts';
import { passphraseProblem } from '../../lib/passphrase.ts';
import { readCapped } from '../../sys/files/files.ts';
import { interruptible } from '../interruptible.ts';

const MAX_BYTES = 4096;

export interface PassphraseOptions {
  passphraseFile?: string;
}

export interface RecoveryPassphraseOptions {
  recoveryPassphraseFile?: string;
}

/** Whose passphrase is asked for, and how else it can be given. */
interface Asked {
  whose: string;
  otherwise: string;
}

/**
 * The passphrase of the project’s keys: from a file, from LAZARET_PASSPHRASE, else asked for. It is never an argument,
 * because arguments can be seen by every user of the computer. One for new keys must not be easy to guess.
 * @throws USAGE when there is nobody to ask, or a new one is too short; INTERRUPTED, FILE_*
 */
export async function readPassphrase(options: PassphraseOptions, isNew = false): Promise<string> {
  const given =
    options.passphraseFile === undefined ? process.env['LAZARET_PASSPHRASE'] : await inFile(options.passphraseFile);
  const otherwise = 'give --passphrase-file or set LAZARET_PASSPHRASE';
  return checked(given, isNew, { whose: 'the project’s keys', otherwise });
}

/** The passphrase of the project’s recovery key, which has one of its own: from a file, else asked for. @throws as readPassphrase */
export async function readRecoveryPassphrase(
  { recoveryPassphraseFile: path }: RecoveryPassphraseOptions,
  isNew = false,
): Promise<string> {
  const given = path === undefined ? undefined : await inFile(path);
  return checked(given, isNew, { whose: 'the recovery key', otherwise: 'give --recovery-passphrase-file' });
}

/** The passphrase of an encrypted package: from a file, else asked for. @throws as readPassphrase */
export async function readPackagePassphrase(
  path: string | undefined,
  otherwise: string,
  isNew = false,
): Promise<string> {
  const given = path === undefined ? undefined : await inFile(path);
  return checked(given, isNew, { whose: 'the package', otherwise: `give ${otherwise}` });
}

async function checked(given: string | undefined, isNew: boolean, { whose, otherwise }: Asked): Promise<string> {
  if (given !== undefined) {
    const problem = isNew ? passphraseProblem(given) : undefined;
    if (problem !== undefined) throw new AppError('USAGE', problem);
    return given;
  }
  if (!process.stdin.isTTY) {
    throw new AppError('USAGE', `the passphrase of ${whose} is needed: ${otherwise}`);
  }
  if (!isNew) return askSecret(`The passphrase of ${whose}`);
  const first = await askSecret(`A passphrase for ${whose}`, passphraseProblem);
  if ((await askSecret('The same once more')) !== first) throw new AppError('USAGE', 'the two passphrases differ');
  return first;
}

async function inFile(path: string): Promise<string> {
  return (await readCapped(path, MAX_BYTES)).toString('utf8').replace(/\r?\n$/, '');
}

/** Asks for something that is not shown while it is typed, until it has no problem. @throws INTERRUPTED */
export async function askSecret(
  message: string,
  problem: (text: string) => string | undefined = () => undefined,
): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts');
  const validate = (text: string | undefined) => problem(text ?? '');
  const answer = await interruptible((signal) => password({ message, validate, signal }));
  if (isCancel(answer)) throw new AppError('INTERRUPTED', 'interrupted');
  return answer;
}

/** @throws INTERRUPTED */
export async function askName(message: string): Promise<string> {
  const { isCancel, text } = await import('@clack/prompts');
  const answer = await interruptible((signal) => text({ message, signal }));
  if (isCancel(answer)) throw new AppError('INTERRUPTED', 'interrupted');
  return answer;
}
