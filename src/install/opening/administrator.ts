import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import type { AdministratorAccess } from '../../policy/administrator-access.ts';
import { removeFile } from '../../sys/files/files.ts';
import { isRight } from '../../trust/verifier.ts';
import { readIfWhole, writeState } from '../state/instances.ts';
import { instancePaths } from '../state/layout.ts';
import { mended, oneMore, pauseLeftMs, WrongPasswords } from './wrong-passwords.ts';

/** `administrator.json`: is there while the last password that was given is a wrong one. */
const AdministratorFile = z.strictObject({ format: z.literal(1), wrong: WrongPasswords });

/**
 * Whether somebody knows the administrator’s password. A wrong one is counted before it is looked at, as a user’s is; both are
 * counted apart. @throws ADMIN_NEEDED, PASSWORD_WRONG, PASSWORD_PAUSE
 */
export async function requireAdministrator(
  state: string,
  vm: string,
  { access, password, now }: { access: AdministratorAccess; password: string | undefined; now: number },
): Promise<void> {
  if (password === undefined)
    throw new AppError('ADMIN_NEEDED', `the hardware of ${vm} is changed with the administrator’s password`);
  const { administrator: path } = instancePaths(state, vm);
  const write = (wrong: WrongPasswords) => writeState(path, { format: 1, wrong });
  const wrong = (await readIfWhole(path, AdministratorFile))?.wrong;
  const leftMs = pauseLeftMs(wrong, now);
  if (wrong && leftMs > 0) {
    const anew = mended(wrong, now);
    if (anew !== wrong) await write(anew);
    const seconds = Math.ceil(leftMs / 1000);
    const what = `after ${wrong.count} wrong administrator’s passwords the next for ${vm} is taken in ${seconds} s`;
    throw new AppError('PASSWORD_PAUSE', what, { details: { vm, seconds } });
  }
  await write(oneMore(wrong, now));
  const text = password.replace(/\r?\n$/, '').normalize('NFC');
  if (!(await isRight(access.verifier, text)))
    throw new AppError('PASSWORD_WRONG', `this is not the administrator’s password for ${vm}`);
  await removeFile(path);
}
