import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { fileError } from './file-error.ts';
import { isThere } from './files.ts';
import { syncFolder } from './folders.ts';
import { temporaryBeside } from './temporary.ts';

/**
 * Makes a large file that must not exist as one step. `write` makes it under a temporary name beside, which
 * `removeTemporary` knows after a crash; then it is synced, given its mode, renamed, and the folder synced.
 * When `write` throws, nothing is left.
 * @throws FILE_EXISTS, DISK_FULL, FILE_DENIED, FILE_MISSING (no such folder), and what `write` throws
 */
export async function createFile<T>(path: string, mode: number, write: (beside: string) => Promise<T>): Promise<T> {
  if (await isThere(path)) throw new AppError('FILE_EXISTS', `${path} is there already`, { details: { path } });
  return withScratch(path, async (beside) => {
    const result = await write(beside);
    try {
      await using file = await fs.open(beside, 'r+');
      await file.sync();
      await file.chmod(mode);
      await fs.rename(beside, path);
      await syncFolder(dirname(path));
    } catch (error) {
      throw fileError(error, path);
    }
    return result;
  });
}

/** Gives `work` a temporary name beside a path, free for it to use, and removes what is there afterwards. */
export async function withScratch<T>(path: string, work: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = temporaryBeside(path);
  try {
    return await work(scratch);
  } finally {
    await fs.rm(scratch, { force: true });
  }
}
