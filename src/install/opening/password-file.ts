import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { isThere } from '../../sys/files/files.ts';
import { Verifier } from '../../trust/verifier.ts';
import { isDamage, readState, writeState } from '../state/instances.ts';
import { instancePaths } from '../state/layout.ts';
import { WrongPasswords } from './wrong-passwords.ts';

/** `password.json`: what opens a machine whose policy asks for a password. */
export const PasswordFile = z.strictObject({
  format: z.literal(1),
  /** Without it, it is the key of the machine’s disks that a password is held against. */
  verifier: Verifier.exactOptional(),
  /** Of the first password, where that is another: it is valid again when the machine is put back to how it was installed. */
  first: Verifier.exactOptional(),
  wrong: WrongPasswords.exactOptional(),
  /** It opens once: then another one is to be chosen. */
  isTemporary: z.literal(true).exactOptional(),
});
export type PasswordFile = z.infer<typeof PasswordFile>;

/** The password that a machine was opened with first, for one that is chosen anew. */
export function firstOf(file: PasswordFile | undefined): Pick<PasswordFile, 'first'> {
  const first = file?.first ?? file?.verifier;
  return first ? { first } : {};
}

/** Undefined before the first opening. @throws PASSWORD_DAMAGED */
export async function readPasswordFile(state: string, vm: string): Promise<PasswordFile | undefined> {
  const { password: path } = instancePaths(state, vm);
  if (!(await isThere(path))) return undefined;
  try {
    return await readState(path, PasswordFile);
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    throw damagedPassword(vm, path, cause);
  }
}

export async function writePasswordFile(state: string, vm: string, file: PasswordFile): Promise<void> {
  await writeState(instancePaths(state, vm).password, file);
}

export function damagedPassword(vm: string, path: string, cause?: unknown): AppError {
  const what = `what the password of ${vm} is held against is damaged`;
  return new AppError('PASSWORD_DAMAGED', what, { cause, details: { path } });
}
