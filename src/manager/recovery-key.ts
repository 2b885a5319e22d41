import { AppError } from '../lib/errors.ts';
import { projectPaths } from '../project/layout.ts';
import type { Project } from '../project/open.ts';
import { saveProjectFile, withProject } from '../project/save.ts';
import { isThere } from '../sys/files/files.ts';
import {
  createRecoveryKey,
  type OpenedRecoveryKey,
  openRecoveryKey,
  readRecoveryKey,
} from '../trust/age/recovery-key.ts';

/** Where the recovery key is, and what opens it: in a file (in the project’s `keys` where none is named), or its text. */
export interface RecoveryKeySource {
  path?: string;
  text?: string;
  passphrase: string;
}

/** A recovery key that was made: its public half, and where its file is. */
export interface MadeRecoveryKey {
  recipient: string;
  path: string;
}

/**
 * Makes a project’s recovery key, once and for good. The file comes first: broken off anywhere, the same again completes it.
 * @throws KEY_EXISTS, KEY_PASSPHRASE, KEY_INVALID (another file is there), PROJECT_*, DISK_FULL, FILE_DENIED
 */
export function makeRecoveryKey(
  folder: string,
  passphrase: () => Promise<string>,
  path = projectPaths(folder).recoveryKey,
): Promise<MadeRecoveryKey> {
  return withProject(folder, async (project) => {
    const { value } = project.file;
    if (value.recoveryKey !== undefined)
      throw new AppError('KEY_EXISTS', `the project has a recovery key already: ${value.recoveryKey}`);
    const make = (await isThere(path)) ? openRecoveryKey : createRecoveryKey;
    const { recipient } = await make(path, await passphrase());
    await saveProjectFile(project, { ...value, recoveryKey: recipient });
    return { recipient, path };
  });
}

/** The project’s own recovery key, opened. @throws KEY_MISSING, KEY_PASSPHRASE, KEY_INVALID (damaged, or another one) */
export async function requireRecoveryKey(
  { folder, file }: Project,
  { path = projectPaths(folder).recoveryKey, text, passphrase }: RecoveryKeySource,
): Promise<OpenedRecoveryKey> {
  const opened =
    text === undefined
      ? await openRecoveryKey(path, passphrase)
      : await readRecoveryKey(text, passphrase, 'the file of the recovery key');
  if (opened.recipient === file.value.recoveryKey) return opened;
  const what = text === undefined ? path : 'the file';
  throw new AppError('KEY_INVALID', `${what} is not the recovery key of this project`, { details: { path } });
}
