import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import type { AdministratorAccess } from '../../policy/administrator-access.ts';
import { isRight, meant } from '../../trust/verifier.ts';
import { readIfWhole, removeState, writeState } from '../state/instances.ts';
import { instancePaths } from '../state/layout.ts';
import { oneMore, requirePatience, WrongPasswords } from './wrong-passwords.ts';

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
  await requirePatience({ vm, wrong, now, what: 'administrator’s passwords' }, write);
  await write(oneMore(wrong, now));
  if (!(await isRight(access.verifier, meant(password))))
    throw new AppError('PASSWORD_WRONG', `this is not the administrator’s password for ${vm}`);
  await removeState(path);
}
