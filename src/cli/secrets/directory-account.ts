import { AppError } from '../../lib/errors.ts';
import type { DirectoryAccount } from '../../servers/directory/directory-account.ts';
import { readCapped } from '../../sys/files/files.ts';
import { readPrivate } from '../../sys/files/private-file.ts';
import { askSecret } from './passphrase.ts';

const MAX_BYTES = 4096;
const MAX_CA_BYTES = 1 << 20;

export interface DirectoryOptions {
  user?: string;
  passwordFile?: string;
  ca?: string;
}

/**
 * The administrator that a directory is written as. The password comes from a file that is its owner’s alone, or is asked for;
 * it is never an argument, because arguments can be seen by every user of the computer.
 * @throws USAGE (no name, or nobody to ask), FILE_*, INTERRUPTED
 */
export async function writerAccount({ user, passwordFile, ca }: DirectoryOptions): Promise<DirectoryAccount> {
  if (user === undefined) throw new AppError('USAGE', 'a directory needs to know who writes: give --user');
  const password = await readPassword(user, passwordFile);
  // An empty password would be no login at all (RFC 4513 §5.1.2).
  if (password === '') throw new AppError('USAGE', 'the password is empty');
  return { user, password, ...(ca === undefined ? {} : { ca: await readCapped(ca, MAX_CA_BYTES) }) };
}

async function readPassword(user: string, file: string | undefined): Promise<string> {
  if (file !== undefined) return (await readPrivate(file, MAX_BYTES)).replace(/\r?\n$/, '');
  if (!process.stdin.isTTY) throw new AppError('USAGE', `the password of ${user} is needed: give --password-file`);
  return askSecret(`The password of ${user}`);
}
