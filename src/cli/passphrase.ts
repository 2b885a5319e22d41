import { AppError } from '../lib/errors.ts';
import { readCapped } from '../sys/files/files.ts';

const MAX_BYTES = 4096;

export interface PassphraseOptions {
  passphraseFile?: string;
}

/**
 * The passphrase of the project’s keys: from a file, from LAZARET_PASSPHRASE, else asked for. It is never an argument,
 * because arguments can be seen by every user of the computer.
 * @throws USAGE when there is nobody to ask, FILE_*
 */
export async function readPassphrase({ passphraseFile }: PassphraseOptions, isNew = false): Promise<string> {
  if (passphraseFile !== undefined)
    return (await readCapped(passphraseFile, MAX_BYTES)).toString('utf8').replace(/\r?\n$/, '');
  const fromEnvironment = process.env['LAZARET_PASSPHRASE'];
  if (fromEnvironment !== undefined) return fromEnvironment;
  if (!process.stdin.isTTY) {
    throw new AppError('USAGE', 'the passphrase is needed: give --passphrase-file or set LAZARET_PASSPHRASE');
  }
  const first = await askSecret(isNew ? 'A passphrase for the project’s keys' : 'The passphrase of the project’s keys');
  if (isNew && (await askSecret('The same once more')) !== first)
    throw new AppError('USAGE', 'the two passphrases differ');
  return first;
}

/** Asks for something that is not shown while it is typed. @throws INTERRUPTED */
export async function askSecret(message: string): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await password({ message });
  if (isCancel(answer)) throw new AppError('INTERRUPTED', 'interrupted');
  return answer;
}
