import { AppError } from '../../lib/errors.ts';
import { type Authentication, type PasswordRules, passwordProblems } from '../../policy/authentication.ts';
import { isThere } from '../../sys/files/files.ts';
import { isRight, makeVerifier, meant, type Verifier } from '../../trust/verifier.ts';
import { isDamage, readIfWhole, removeState } from '../state/instances.ts';
import { instancePaths } from '../state/layout.ts';
import { encrypts, hasUserKey } from '../state/machine/locked.ts';
import { readPolicy } from '../state/policies.ts';
import { newDiskKey } from './disk-key.ts';
import { keepKeyFor, keepRecoverable, keepTemporary, openKeyBy } from './kept-keys.ts';
import { damagedPassword, firstOf, PasswordFile, readPasswordFile, writePasswordFile } from './password-file.ts';
import type { Opened } from './write-disks.ts';
import { oneMore, requirePatience } from './wrong-passwords.ts';

/** What a user gives to open a machine: his password, a new one, or both where the old one is to be changed. */
export interface Secrets {
  /** His name, where accounts of a domain open it. */
  user?: string;
  password?: string;
  newPassword?: string;
}

/** What the policy of a machine asks for, and what there is of it. */
interface Asked {
  state: string;
  vm: string;
  /** Of its password; undefined where the policy asks for none. */
  rules: PasswordRules | undefined;
  /** Its disks are to be encrypted. */
  encrypts: boolean;
  /** Somebody chose what opens its disks. */
  hasKey: boolean;
  /** The project’s recovery key, where its policy allows recovery. */
  recoveryKey: string | undefined;
  file: PasswordFile | undefined;
}

/**
 * Lets a machine be opened, or says why not, and gives what opens its disks. The first opening chooses the password; so does one whose
 * password is no longer as the policy wants it. Asks for what the machine was installed with: no policy server changes who may open it.
 * Disks that are encrypted still, after a policy that wants that no more, need their password once more.
 * @throws PASSWORD_UNSET, PASSWORD_NEEDED, PASSWORD_CHANGE, PASSWORD_RULES, PASSWORD_WRONG, PASSWORD_PAUSE, PASSWORD_DAMAGED, KEY_DAMAGED
 */
export async function openByPassword(state: string, vm: string, given: Secrets, now: number): Promise<Opened> {
  const asked = await askedOf(state, vm);
  const { rules, encrypts, hasKey } = asked;
  if (!rules && !hasKey) return { encrypts: false };
  if (rules && isUnset(asked)) return choose(asked, rules, given.newPassword);
  const { password, diskKey, isTemporary } = await requireRight(asked, given.password, now);
  const { newPassword } = given;
  if (rules && (isTemporary || passwordProblems(rules, password).length > 0)) {
    if (newPassword === undefined)
      throw new AppError('PASSWORD_CHANGE', `the password of ${vm} opens once more: a new one is to be chosen`);
    return change(asked, rules, { password, newPassword, ...(diskKey === undefined ? {} : { diskKey }) });
  }
  // The policy wants another form of the disks than they have: what opens them, and what opens after them, is this password.
  if (rules && encrypts !== hasKey) return hold(asked, password, diskKey);
  return opened(asked, diskKey);
}

/** A password that nobody asks for any more does not come back with a later policy. */
export async function forgetPassword(state: string, vm: string): Promise<void> {
  // While disks are encrypted with it, it is not forgotten.
  if (await hasUserKey(state, vm)) return;
  await removeState(instancePaths(state, vm).password);
}

/** Lets another password open the machine once in place of the one that was lost; the pauses that wrong ones brought are over. */
export async function setTemporaryPassword(state: string, vm: string, verifier: Verifier): Promise<void> {
  // What encrypts its disks is opened by nothing else.
  if (await hasUserKey(state, vm)) return;
  const lost = await readIfWhole(instancePaths(state, vm).password, PasswordFile);
  await writePasswordFile(state, vm, { format: 1, verifier, ...firstOf(lost), isTemporary: true });
}

/** The same where its disks are encrypted: what is sealed under the temporary password opens them. */
export async function setTemporaryKey(state: string, vm: string, sealed: Uint8Array): Promise<void> {
  await keepTemporary(state, vm, sealed);
  const file = await readIfWhole(instancePaths(state, vm).password, PasswordFile);
  const { wrong: _, ...whole } = file ?? { format: 1 };
  await writePasswordFile(state, vm, whole);
}

/** Whether a password was chosen that another can take the place of. */
export function hasPassword(state: string, vm: string): Promise<boolean> {
  return isThere(instancePaths(state, vm).password);
}

/**
 * Changes a machine’s password, or chooses the first; no disk is touched. Killed at any point the old or the new one opens.
 * @throws PASSWORD_NONE (its policy asks for none), and as openByPassword
 */
export async function changePassword(state: string, vm: string, given: Secrets, now: number): Promise<void> {
  const asked = await askedOf(state, vm);
  const { rules } = asked;
  if (!rules) throw new AppError('PASSWORD_NONE', `the policy of ${vm} asks for no password`);
  if (isUnset(asked)) {
    await choose(asked, rules, given.newPassword);
    return;
  }
  const right = await requireRight(asked, given.password, now);
  await change(asked, rules, { ...right, newPassword: given.newPassword ?? '' });
}

/**
 * The machine is as it was installed again, and the first password is valid (ACE 1.0 p. 227); wrong ones stay counted. Of one whose
 * disks are encrypted the last one stays: a password that somebody changed, for it was seen, opens no disk any more.
 */
export async function restoreFirstPassword(state: string, vm: string): Promise<void> {
  const file = await readPasswordFile(state, vm);
  if (!file?.first) return;
  const { format, first, wrong } = file;
  await writePasswordFile(state, vm, { format, verifier: first, ...(wrong ? { wrong } : {}) });
}

/** Whether a machine asks for a password; not where that cannot be read, for such a machine does not start. */
export async function asksForPassword(state: string, vm: string): Promise<boolean> {
  try {
    return (await hasUserKey(state, vm)) || (await rulesOf(state, vm)).rules !== undefined;
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

async function askedOf(state: string, vm: string): Promise<Asked> {
  const hasKey = await hasUserKey(state, vm);
  const asked = { state, vm, hasKey, file: await readPasswordFile(state, vm), ...(await rulesOf(state, vm)) };
  requireSomething(asked);
  return asked;
}

/** A machine that was opened before is none without a password because what tells it is gone. */
function requireSomething({ state, vm, rules, encrypts, hasKey, file }: Asked): void {
  if (!rules || hasKey || !file || file.verifier) return;
  const { userKey, password } = instancePaths(state, vm);
  if (encrypts) throw new AppError('KEY_DAMAGED', `${userKey} is missing`, { details: { path: userKey } });
  throw damagedPassword(vm, password);
}

async function rulesOf(state: string, vm: string): Promise<Pick<Asked, 'rules' | 'encrypts' | 'recoveryKey'>> {
  const { policy, recoveryKey } = (await readPolicy(state, vm)).document;
  const authentication: Authentication = policy.authentication ?? { type: 'none' };
  const rules = authentication.type === 'password' ? authentication : undefined;
  return { rules, encrypts: encrypts(policy), recoveryKey: policy.encryption?.recovery ? recoveryKey : undefined };
}

function isUnset({ hasKey, file }: Asked): boolean {
  return !hasKey && file?.verifier === undefined;
}

function opened({ encrypts }: Asked, diskKey: string | undefined): Opened {
  return { encrypts, ...(diskKey === undefined ? {} : { diskKey }) };
}

/** What a right password is, and opens. */
interface Right {
  diskKey?: string;
  /** It opens once: another one is to be chosen. */
  isTemporary: boolean;
}

/** A wrong one is counted before it is looked at: whoever kills the service meanwhile gains no try. */
async function requireRight(
  asked: Asked,
  password: string | undefined,
  now: number,
): Promise<Right & { password: string }> {
  const { state, vm, file = { format: 1 } } = asked;
  if (password === undefined) throw new AppError('PASSWORD_NEEDED', `${vm} is opened with its user’s password`);
  const { wrong, ...whole } = file;
  await requirePatience({ vm, wrong, now }, (anew) => writePasswordFile(state, vm, { ...file, wrong: anew }));
  await writePasswordFile(state, vm, { ...whole, wrong: oneMore(wrong, now) });
  const text = meant(password);
  const right = await tryOut(asked, text);
  if (!right) throw new AppError('PASSWORD_WRONG', `this does not open ${vm}`);
  await writePasswordFile(state, vm, whole);
  const { diskKey, isTemporary } = right;
  // What an administrator could tell before is over; what a temporary password needs stays until another one is chosen.
  if (diskKey !== undefined && !isTemporary) await keepRecoverable(state, vm, diskKey, asked.recoveryKey);
  return { password: text, ...right };
}

/** Undefined for a wrong one. Where there is a key, it is what tells: a verifier beside it is for later. */
async function tryOut({ state, vm, hasKey, file }: Asked, password: string): Promise<Right | undefined> {
  if (hasKey) return openKeyBy(state, vm, password);
  const { verifier, isTemporary = false } = file ?? {};
  return verifier && (await isRight(verifier, password)) ? { isTemporary } : undefined;
}

async function choose(asked: Asked, rules: PasswordRules, password: string | undefined): Promise<Opened> {
  const { vm } = asked;
  if (password === undefined) throw new AppError('PASSWORD_UNSET', `no password has been chosen for ${vm} yet`);
  return hold(asked, requireGood(vm, rules, password), undefined);
}

function requireGood(vm: string, rules: PasswordRules, password: string): string {
  const text = meant(password);
  const problems = passwordProblems(rules, text);
  if (problems.length === 0) return text;
  throw new AppError('PASSWORD_RULES', `a password for ${vm} has ${problems.join(', ')}`, {
    details: { vm, problems },
  });
}

async function change(
  asked: Asked,
  rules: PasswordRules,
  { password, newPassword, diskKey }: { password: string; newPassword: string; diskKey?: string },
): Promise<Opened> {
  const { vm } = asked;
  if (meant(newPassword) === password)
    throw new AppError('PASSWORD_RULES', `a new password for ${vm} is another than the old one`);
  return hold(asked, requireGood(vm, rules, newPassword), diskKey);
}

/** Lets this password open the machine from now on. The key comes first: while there is one, it alone tells who is right. */
async function hold(asked: Asked, password: string, known: string | undefined): Promise<Opened> {
  const { state, vm, encrypts, recoveryKey } = asked;
  const diskKey = known ?? (encrypts ? newDiskKey() : undefined);
  if (diskKey !== undefined) await keepKeyFor(state, vm, diskKey, { password, recoveryKey });
  const first = diskKey === undefined ? firstOf(asked.file) : {};
  await writePasswordFile(state, vm, {
    format: 1,
    ...(encrypts ? {} : { verifier: await makeVerifier(password), ...first }),
  });
  return opened(asked, diskKey);
}
