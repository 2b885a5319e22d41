import { Option } from 'commander';
import type { SecretsRequest } from '../../api/machine.ts';
import { AppError, type ErrorCode } from '../../lib/errors.ts';
import { readDescriptor } from '../../sys/files/descriptor.ts';
import { wholeNumber } from '../arguments.ts';
import { isFailure } from '../service.ts';
import { askName, askSecret } from './passphrase.ts';

const MAX_BYTES = 16 << 10;

export interface PasswordOptions {
  passwordFd?: number;
  /** Who opens it, where accounts of a domain do. */
  user?: string;
}

/** A password is never an argument or a variable: other programs of the computer can read those. */
export function passwordOption(): Option {
  return new Option(
    '--password-fd <n>',
    'read the password from this descriptor (0 is standard input); a new one stands in the second line',
  ).argParser(wholeNumber);
}

export function userOption(): Option {
  return new Option('--user <name>', 'who opens it, where accounts of a domain do: a name, or name@domain');
}

/**
 * Asks the service, and gives it the password of a machine where it wants one: from the descriptor, else from the terminal.
 * `isChange`: a new one is wanted beside it.
 * @throws what the service answers where there is nobody to ask; USAGE when two new ones differ, INTERRUPTED
 */
export async function withPassword<Answer>(
  vm: string,
  { passwordFd, user }: PasswordOptions,
  ask: (secrets: SecretsRequest) => Promise<Answer>,
  isChange = false,
): Promise<Answer> {
  const from = passwordFd === undefined ? terminal(vm, user) : await descriptor(passwordFd, user);
  let secrets: SecretsRequest = {};
  for (;;) {
    try {
      return await ask(secrets);
    } catch (error) {
      const wanted = isFailure(error) ? wantedBy(error.code, isChange).filter((each) => !(each in secrets)) : [];
      if (wanted.length === 0) throw error;
      for (const each of wanted) {
        const secret = await from?.[each]();
        if (secret === undefined) throw error;
        secrets = { ...secrets, [each]: secret };
      }
    }
  }
}

/**
 * A password that somebody makes for somebody else: from the descriptor, else typed twice.
 * @throws USAGE where there is nobody to ask, or the two differ
 */
export async function newPassword(what: string, { passwordFd }: PasswordOptions): Promise<string> {
  const given = passwordFd === undefined ? undefined : await (await descriptor(passwordFd, undefined)).newPassword();
  if (given !== undefined) return given;
  if (!process.stdin.isTTY) throw new AppError('USAGE', 'the password is needed: give --password-fd');
  return askTwice(what);
}

async function askTwice(what: string): Promise<string> {
  const first = await askSecret(what);
  if ((await askSecret('The same once more')) !== first) throw new AppError('USAGE', 'the two passwords differ');
  return first;
}

type Wanted = keyof SecretsRequest;

function wantedBy(code: ErrorCode, isChange: boolean): Wanted[] {
  switch (code) {
    case 'PASSWORD_UNSET':
    case 'PASSWORD_CHANGE':
      return ['newPassword'];
    case 'ACCOUNT_NEEDED':
      return ['user', 'password'];
    case 'PASSWORD_NEEDED':
      return isChange ? ['password', 'newPassword'] : ['password'];
    default:
      return [];
  }
}

type Secret = () => Promise<string | undefined>;

/** A single line is the first password, or the one that there is. */
async function descriptor(fd: number, user: string | undefined): Promise<Record<Wanted, Secret>> {
  const lines = (await readDescriptor(fd, MAX_BYTES)).toString('utf8').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  let isUsed = false;
  return {
    user: async () => user,
    password: async () => {
      isUsed = true;
      return lines[0];
    },
    newPassword: async () => (isUsed ? lines[1] : lines.at(-1)),
  };
}

function terminal(vm: string, user: string | undefined): Record<Wanted, Secret> | undefined {
  if (!process.stdin.isTTY) return undefined;
  return {
    user: async () => user ?? (await askName(`Who opens ${vm}: your name in its domain`)),
    password: () => askSecret(`The password of ${vm}`),
    newPassword: () => askTwice(`A new password for ${vm}`),
  };
}
