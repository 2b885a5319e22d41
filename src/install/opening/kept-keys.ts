import { AppError } from '../../lib/errors.ts';
import { noSteps, type Steps } from '../../lib/steps.ts';
import { isThere, readIfThere, removeFile } from '../../sys/files/files.ts';
import { halfIn, RECOVERY_SECRET_BYTES, recoverable, sealedSecret, whoWasTold } from '../../trust/age/recovery.ts';
import { whoKnows } from '../../trust/age/who-knows.ts';
import { heard, spoken } from '../../trust/hot-fix/spoken.ts';
import { instancePaths } from '../state/layout.ts';
import { keepAgeFile, keepDiskKey, openAgeFile, openDiskKey } from './disk-key.ts';

const MAX_BYTES = 64 << 10;
const SECRET = /^[0-9a-f]{30}$/;

/**
 * Keeps the key of a machine’s disks for its user’s new password, and for the recovery key where there is one. Killed at any step the
 * new password or the former one opens, a temporary one too.
 */
export async function keepKeyFor(
  state: string,
  vm: string,
  diskKey: string,
  { password, recoveryKey }: { password: string; recoveryKey: string | undefined },
  steps: Steps = noSteps,
): Promise<void> {
  await keepDiskKey(instancePaths(state, vm).userKey, diskKey, whoKnows(password));
  await steps('user');
  await keepRecoverable(state, vm, diskKey, recoveryKey, steps);
}

/**
 * Keeps it for the recovery key, with a secret that nobody was told yet: what somebody was told opens nothing any more, nor does a
 * temporary password. Whoever opens the machine with a password that is his own has no use for either.
 */
export async function keepRecoverable(
  state: string,
  vm: string,
  diskKey: string,
  recoveryKey: string | undefined,
  steps: Steps = noSteps,
): Promise<void> {
  const { recoveryKey: path, temporaryKey } = instancePaths(state, vm);
  if (recoveryKey === undefined) await removeFile(path);
  else await keepDiskKey(path, diskKey, recoveryKey, recoverable(recoveryKey));
  await steps('recovery');
  await removeFile(temporaryKey);
  await steps('temporary');
}

/** Forgets what a password opened, and the recovery key with it: from now on something else opens the disks, whose key is kept already. */
export async function forgetUserKeys(state: string, vm: string): Promise<void> {
  const { recoveryKey, temporaryKey, userKey } = instancePaths(state, vm);
  for (const path of [temporaryKey, recoveryKey, userKey]) await removeFile(path);
}

/** The key of a machine’s disks, for a password or a temporary one; undefined for a wrong one. @throws KEY_DAMAGED */
export async function openKeyBy(
  state: string,
  vm: string,
  password: string,
): Promise<{ diskKey: string; isTemporary: boolean } | undefined> {
  // Where what the lost password opened is damaged, the temporary one still helps.
  const temporary = await openTemporary(state, vm, password);
  if (temporary !== undefined) return { diskKey: temporary, isTemporary: true };
  const diskKey = await openDiskKey(instancePaths(state, vm).userKey, whoKnows(password));
  return diskKey === undefined ? undefined : { diskKey, isTemporary: false };
}

/** The half of the secret that a request for it says; undefined where no recovery key opens its disks. */
export async function recoveryHalf(state: string, vm: string): Promise<Buffer | undefined> {
  const bytes = await readIfThere(instancePaths(state, vm).recoveryKey, MAX_BYTES);
  try {
    return bytes && (await halfIn(bytes));
  } catch {
    // A damaged one helps nobody; the next opening makes another.
    return undefined;
  }
}

/** Whether this is the secret that opens a machine’s disks. */
export async function isRecoverySecret(state: string, vm: string, secret: Uint8Array): Promise<boolean> {
  return (await openRecoverable(state, vm, secret)) !== undefined;
}

/** A secret that was read out, with its letters as the temporary password. */
export function sealedByLetters(secret: Uint8Array): Promise<Uint8Array> {
  return sealedSecret(secret, spoken(secret));
}

/** Lets a temporary password open a machine’s disks once; what the former one opens stays until another one is chosen. */
export async function keepTemporary(state: string, vm: string, sealed: Uint8Array): Promise<void> {
  await keepAgeFile(instancePaths(state, vm).temporaryKey, sealed);
}

async function openTemporary(state: string, vm: string, password: string): Promise<string | undefined> {
  const { temporaryKey: path } = instancePaths(state, vm);
  if (!(await isThere(path))) return undefined;
  const letters = heard(password, RECOVERY_SECRET_BYTES);
  const meant = 'bytes' in letters ? spoken(letters.bytes) : password;
  try {
    const secret = await openAgeFile(path, whoKnows(meant), SECRET);
    return secret === undefined ? undefined : await openRecoverable(state, vm, Buffer.from(secret, 'hex'));
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'KEY_DAMAGED')) throw error;
    return undefined;
  }
}

async function openRecoverable(state: string, vm: string, secret: Uint8Array): Promise<string | undefined> {
  const { recoveryKey: path } = instancePaths(state, vm);
  return (await isThere(path)) ? openDiskKey(path, whoWasTold(secret)) : undefined;
}
