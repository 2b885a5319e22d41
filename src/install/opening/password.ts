import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { type Authentication, type PasswordRules, passwordProblems } from '../../policy/authentication.ts';
import { isThere, removeFile } from '../../sys/files/files.ts';
import { isRight, makeVerifier, Verifier } from '../../trust/verifier.ts';
import { isDamage, readIfWhole, readState, writeState } from '../state/instances.ts';
import { instancePaths } from '../state/layout.ts';
import { readPolicy } from '../state/policies.ts';
import { oneMore, requirePatience, WrongPasswords } from './wrong-passwords.ts';

/** `password.json`: what opens a machine whose policy asks for a password. */
const PasswordFile = z.strictObject({
  format: z.literal(1),
  verifier: Verifier,
  /** Of the first password, where that is another: it is valid again when the machine is put back to how it was installed. */
  first: Verifier.exactOptional(),
  wrong: WrongPasswords.exactOptional(),
  /** It opens once: then another one is to be chosen. */
  isTemporary: z.literal(true).exactOptional(),
});
type PasswordFile = z.infer<typeof PasswordFile>;

/** What a user gives to open a machine: his password, a new one, or both where the old one is to be changed. */
export interface Secrets {
  /** His name, where accounts of a domain open it. */
  user?: string;
  password?: string;
  newPassword?: string;
}

/**
 * Lets a machine be opened, or says why not. The first opening chooses the password; so does one whose password is no longer
 * as the policy wants it.
 * @throws PASSWORD_UNSET, PASSWORD_NEEDED, PASSWORD_CHANGE, PASSWORD_RULES, PASSWORD_WRONG, PASSWORD_PAUSE, PASSWORD_DAMAGED
 */
export async function openByPassword(
  state: string,
  vm: string,
  rules: PasswordRules,
  { password: given, newPassword }: Secrets,
  now: number,
): Promise<void> {
  const file = await readFile(state, vm);
  if (!file) return choose(state, vm, rules, newPassword);
  const password = await requireRight(state, vm, { file, password: given, now });
  if (file.isTemporary || passwordProblems(rules, password).length > 0) {
    if (newPassword === undefined)
      throw new AppError('PASSWORD_CHANGE', `the password of ${vm} opens once more: a new one is to be chosen`);
    await change(state, vm, rules, { password, newPassword });
  }
}

/** A password that nobody asks for any more does not come back with a later policy. */
export function forgetPassword(state: string, vm: string): Promise<void> {
  return removeFile(instancePaths(state, vm).password);
}

/** Lets another password open the machine once in place of the one that was lost; the pauses that wrong ones brought are over. */
export async function setTemporaryPassword(state: string, vm: string, verifier: Verifier): Promise<void> {
  const lost = await readIfWhole(instancePaths(state, vm).password, PasswordFile);
  await write(state, vm, { format: 1, verifier, ...firstOf(lost), isTemporary: true });
}

/** Whether a password was chosen that can be lost. */
export function hasPassword(state: string, vm: string): Promise<boolean> {
  return isThere(instancePaths(state, vm).password);
}

/**
 * Changes a machine’s password, or chooses the first; no disk is touched. Killed at any point the old or the new one opens.
 * @throws PASSWORD_NONE (its policy asks for none), and as openByPassword
 */
export async function changePassword(state: string, vm: string, given: Secrets, now: number): Promise<void> {
  const rules = await rulesOf(state, vm);
  if (!rules) throw new AppError('PASSWORD_NONE', `the policy of ${vm} asks for no password`);
  const file = await readFile(state, vm);
  if (!file) return choose(state, vm, rules, given.newPassword);
  const password = await requireRight(state, vm, { file, password: given.password, now });
  await change(state, vm, rules, { password, newPassword: given.newPassword ?? '' });
}

/** The machine is as it was installed again, and the first password is valid (ACE 1.0 p. 227); wrong ones stay counted. */
export async function restoreFirstPassword(state: string, vm: string): Promise<void> {
  const file = await readFile(state, vm);
  if (!file?.first) return;
  const { format, first, wrong } = file;
  await write(state, vm, { format, verifier: first, ...(wrong ? { wrong } : {}) });
}

/** Whether a machine’s policy asks for a password; not where that cannot be read, for such a machine does not start. */
export async function asksForPassword(state: string, vm: string): Promise<boolean> {
  try {
    return (await rulesOf(state, vm)) !== undefined;
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

async function rulesOf(state: string, vm: string): Promise<PasswordRules | undefined> {
  const { document } = await readPolicy(state, vm);
  const authentication: Authentication = document.policy.authentication ?? { type: 'none' };
  return authentication.type === 'password' ? authentication : undefined;
}

/** A wrong one is counted before it is looked at: whoever kills the service meanwhile gains no try. */
async function requireRight(
  state: string,
  vm: string,
  { file, password, now }: { file: PasswordFile; password: string | undefined; now: number },
): Promise<string> {
  if (password === undefined) throw new AppError('PASSWORD_NEEDED', `${vm} is opened with its user’s password`);
  const { wrong, ...whole } = file;
  await requirePatience(vm, wrong, now, (anew) => write(state, vm, { ...file, wrong: anew }));
  await write(state, vm, { ...whole, wrong: oneMore(wrong, now) });
  const text = meant(password);
  if (!(await isRight(file.verifier, text))) throw new AppError('PASSWORD_WRONG', `this does not open ${vm}`);
  await write(state, vm, whole);
  return text;
}

async function choose(state: string, vm: string, rules: PasswordRules, password: string | undefined): Promise<void> {
  if (password === undefined) throw new AppError('PASSWORD_UNSET', `no password has been chosen for ${vm} yet`);
  const text = meant(password);
  const problems = passwordProblems(rules, text);
  if (problems.length > 0)
    throw new AppError('PASSWORD_RULES', `a password for ${vm} has ${problems.join(', ')}`, {
      details: { vm, problems },
    });
  const verifier = await makeVerifier(text);
  await write(state, vm, { format: 1, verifier, ...firstOf(await readFile(state, vm)) });
}

function firstOf(file: PasswordFile | undefined): Pick<PasswordFile, 'first'> {
  return file ? { first: file.first ?? file.verifier } : {};
}

async function change(
  state: string,
  vm: string,
  rules: PasswordRules,
  { password, newPassword }: { password: string; newPassword: string },
): Promise<void> {
  if (meant(newPassword) === password)
    throw new AppError('PASSWORD_RULES', `a new password for ${vm} is another than the old one`);
  await choose(state, vm, rules, newPassword);
}

/** The line end that a password was pasted or piped with is none of it; all other white space is. */
function meant(password: string): string {
  return password.replace(/\r?\n$/, '').normalize('NFC');
}

/** Undefined before the first opening. @throws PASSWORD_DAMAGED */
async function readFile(state: string, vm: string): Promise<PasswordFile | undefined> {
  const { password: path } = instancePaths(state, vm);
  if (!(await isThere(path))) return undefined;
  try {
    return await readState(path, PasswordFile);
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    throw new AppError('PASSWORD_DAMAGED', `what the password of ${vm} is held against is damaged`, {
      ...{ cause, details: { path } },
    });
  }
}

async function write(state: string, vm: string, file: PasswordFile): Promise<void> {
  await writeState(instancePaths(state, vm).password, file);
}
