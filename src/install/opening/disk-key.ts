import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import type { Identity, Recipient } from 'age-encryption';
import { AppError } from '../../lib/errors.ts';
import { readCapped, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { fromAgeFile, inAgeFile } from '../../trust/age/file.ts';

const MAX_BYTES = 64 << 10;
const KEY = /^[0-9a-f]{64}$/;

/** What opens the encrypted disks of one installation: random, as text, for QEMU takes no other. */
export function newDiskKey(): string {
  return randomBytes(32).toString('hex');
}

/** Keeps the key of a machine’s disks for whom `recipients` stand, as one step: an age file, the only form in which it is on a disk. */
export async function keepDiskKey(path: string, diskKey: string, ...recipients: (Recipient | string)[]): Promise<void> {
  await keepAgeFile(path, await inAgeFile(diskKey, ...recipients));
}

/** An age file is kept beside those of the key. */
export async function keepAgeFile(path: string, bytes: Uint8Array): Promise<void> {
  await makeFolder(dirname(path), 0o700);
  await writeFileAtomic(path, bytes, 0o600);
}

/** The key of a machine’s disks; undefined where it is kept for somebody else, or for another secret. @throws KEY_DAMAGED */
export function openDiskKey(path: string, identity: Identity): Promise<string | undefined> {
  return openAgeFile(path, identity, KEY);
}

/** A text of this form in an age file; undefined where that is for another secret. @throws KEY_DAMAGED */
export async function openAgeFile(path: string, identity: Identity, form: RegExp): Promise<string | undefined> {
  const details = { path };
  let text: string | undefined;
  try {
    text = await fromAgeFile(await readCapped(path, MAX_BYTES), identity);
  } catch (cause) {
    throw new AppError('KEY_DAMAGED', `the key in ${path} cannot be read`, { cause, details });
  }
  if (text === undefined || form.test(text)) return text;
  throw new AppError('KEY_DAMAGED', `what is in ${path} is no key`, { details });
}
