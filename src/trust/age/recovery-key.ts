import { AppError } from '../../lib/errors.ts';
import { isThere, readIfThere, writeFileAtomic } from '../../sys/files/files.ts';
import { ageLibrary } from '../../sys/secrets/age-stream.ts';
import { fromAgeFile, inAgeFile } from './file.ts';
import { whoKnows } from './who-knows.ts';

/** A recovery key’s file is no longer. */
const MOST_RECOVERY_KEY_BYTES = 8192;
const IDENTITY = /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/m;

/** Whether a text is an identity of age (X25519), and nothing else. */
export function isIdentity(text: string): boolean {
  return IDENTITY.exec(text)?.[0] === text;
}

/** A project’s recovery key, opened: both are as age writes them. */
export interface OpenedRecoveryKey {
  identity: string;
  recipient: string;
}

/**
 * Makes a recovery key and keeps it in a file that only its owner can read: an age file under a passphrase, in letters, as `age -p -a`
 * makes it.
 * @throws USAGE (empty passphrase), KEY_EXISTS, DISK_FULL, FILE_DENIED, FILE_MISSING (no such folder)
 */
export async function createRecoveryKey(path: string, passphrase: string): Promise<OpenedRecoveryKey> {
  if (passphrase === '') throw new AppError('USAGE', 'a recovery key needs a passphrase');
  if (await isThere(path)) throw new AppError('KEY_EXISTS', `${path} is there already`, { details: { path } });
  const { armor, generateX25519Identity, identityToRecipient } = await ageLibrary();
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const text = `# public key: ${recipient}\n${identity}\n`;
  await writeFileAtomic(path, armor.encode(await inAgeFile(text, whoKnows(passphrase))), 0o600);
  return { identity, recipient };
}

/** @throws KEY_MISSING, and as readRecoveryKey */
export async function openRecoveryKey(path: string, passphrase: string): Promise<OpenedRecoveryKey> {
  const bytes = await readIfThere(path, MOST_RECOVERY_KEY_BYTES);
  if (!bytes) throw new AppError('KEY_MISSING', `${path} is not there`, { details: { path } });
  return readRecoveryKey(bytes.toString('utf8'), passphrase, path);
}

/** @throws KEY_PASSPHRASE (wrong passphrase), KEY_INVALID (anything but such a file) */
export async function readRecoveryKey(text: string, passphrase: string, path: string): Promise<OpenedRecoveryKey> {
  const details = { path };
  const invalid = (cause?: unknown) =>
    new AppError('KEY_INVALID', `${path} is no recovery key, or it is damaged`, { cause, details });
  const opened = await decrypted(text, passphrase, invalid);
  if (opened === undefined) throw new AppError('KEY_PASSPHRASE', `the passphrase does not open ${path}`, { details });
  const [identity] = IDENTITY.exec(opened) ?? [];
  if (identity === undefined) throw invalid();
  const { identityToRecipient } = await ageLibrary();
  try {
    return { identity, recipient: await identityToRecipient(identity) };
  } catch (error) {
    throw invalid(error);
  }
}

async function decrypted(
  text: string,
  passphrase: string,
  invalid: (cause: unknown) => AppError,
): Promise<string | undefined> {
  const { armor } = await ageLibrary();
  try {
    return await fromAgeFile(armor.decode(text), whoKnows(passphrase));
  } catch (error) {
    throw invalid(error);
  }
}
