import { Option } from 'commander';
import { AppError } from '../../lib/errors.ts';
import { passphraseProblem } from '../../lib/passphrase.ts';
import { readDescriptor } from '../../sys/files/descriptor.ts';
import { wholeNumber } from '../arguments.ts';
import { askSecret } from './passphrase.ts';

const MAX_BYTES = 16 << 10;

export interface AdministratorPasswordOptions {
  passwordFd?: number;
}

/** A password is never an argument or a variable: other programs of the computer can read those. */
export function administratorPasswordOption(): Option {
  return new Option(
    '--password-fd <n>',
    'read the administrator’s password from this descriptor (0 is standard input)',
  ).argParser(wholeNumber);
}

/** From the descriptor, else from the terminal; undefined where there is nobody to ask. @throws INTERRUPTED, USAGE */
export async function administratorPassword(
  vm: string,
  { passwordFd }: AdministratorPasswordOptions,
): Promise<string | undefined> {
  if (passwordFd !== undefined) return firstLine(passwordFd);
  return process.stdin.isTTY ? askSecret(`The administrator’s password for ${vm}`) : undefined;
}

/** One to be set, asked for twice: it must not be easy to guess. @throws USAGE, INTERRUPTED */
export async function newAdministratorPassword({ passwordFd }: AdministratorPasswordOptions): Promise<string> {
  if (passwordFd !== undefined) return firstLine(passwordFd);
  if (!process.stdin.isTTY) throw new AppError('USAGE', 'the administrator’s password is needed: give --password-fd');
  const first = await askSecret('A password for the administrator', passphraseProblem);
  if ((await askSecret('The same once more')) !== first) throw new AppError('USAGE', 'the two passwords differ');
  return first;
}

async function firstLine(fd: number): Promise<string> {
  const [line = ''] = (await readDescriptor(fd, MAX_BYTES)).toString('utf8').split(/\r?\n/);
  return line;
}
