import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, systemCode } from '../../lib/errors.ts';
import { coded } from '../files/file-error.ts';
import { isThere, readCapped, writeFileAtomic } from '../files/files.ts';
import { makeFolder, makeFolderFor, removeFolder } from '../files/folders.ts';
import { clearState, isLockedState, lockedState } from './tpm-form.ts';

/** What swtpm calls the file that it keeps a TPM 2.0 in. */
const STATE = 'tpm2-00.permall';
/** One of swtpm 0.7 has a few kilobytes, and no TPM keeps more than its 64 KiB of memory. */
const MAX_BYTES = 1 << 20;

/** Copies the state of a TPM that nothing uses to a file; where it has none yet, nothing is made. @throws FILE_INVALID, DISK_FULL */
export async function copyTpmState(folder: string, to: string): Promise<void> {
  await using file = await openState(folder);
  if (file) await writeFileAtomic(to, await readCapped(`/proc/self/fd/${file.fd}`, MAX_BYTES), 0o600);
}

/** The TPM is what that file says; without it, the next start makes a new one. @throws DISK_FULL */
export async function putTpmState(from: string, folder: string): Promise<void> {
  const bytes = (await isThere(from)) ? await readCapped(from, MAX_BYTES) : undefined;
  await removeFolder(folder);
  if (!bytes) return;
  await makeFolder(folder, 0o700);
  await writeFileAtomic(join(folder, STATE), bytes, 0o600);
}

/** Makes the folder where it is missing, and gives it with the state to that user alone; `uid` undefined leaves both ours. @throws FILE_INVALID */
export async function handTpmState(folder: string, uid: number | undefined): Promise<void> {
  await makeFolderFor(folder, uid);
  await using file = await openState(folder);
  if (file && uid !== undefined) await coded(folder, () => file.chown(uid, uid));
}

/** Brings the state of a TPM that nothing uses into clear, or into what that key opens; as one step. @throws FILE_INVALID, DISK_FULL */
export async function bringTpmState(folder: string, key: string, encrypts: boolean): Promise<void> {
  await using file = await openState(folder);
  if (!file) return;
  const state = await readCapped(`/proc/self/fd/${file.fd}`, MAX_BYTES);
  if (isLockedState(state) === encrypts) return;
  await writeFileAtomic(join(folder, STATE), encrypts ? lockedState(state, key) : clearState(state, key), 0o600);
}

/**
 * The folder is the machine’s user’s: whoever broke its TPM may have put a link there, to be followed by who has more rights.
 * @throws FILE_INVALID
 */
async function openState(folder: string): Promise<fs.FileHandle | undefined> {
  const path = join(folder, STATE);
  return coded(path, async () => {
    const file = await fs
      .open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
      .catch(unlessMissing);
    if (!file) return undefined;
    const found = await file.stat();
    if (found.isFile() && found.nlink === 1) return file;
    await file.close();
    throw new AppError('FILE_INVALID', `${path} is not an ordinary file of its own`, { details: { path } });
  });
}

function unlessMissing(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}
