import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { coded } from './file-error.ts';
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
  await requireFreeName(path);
  return withScratch(path, async (beside) => {
    const result = await write(beside);
    await giveName(beside, path, mode);
    return result;
  });
}

/** @throws FILE_EXISTS */
export async function requireFreeName(path: string): Promise<void> {
  if (await isThere(path)) throw new AppError('FILE_EXISTS', `${path} is there already`, { details: { path } });
}

/** Gives a complete file of the same file system its name, which nobody has taken meanwhile. @throws FILE_EXISTS, DISK_FULL, FILE_DENIED, FILE_MISSING */
export async function giveName(beside: string, path: string, mode?: number): Promise<void> {
  await requireFreeName(path);
  await coded(path, async () => {
    await using file = await fs.open(beside, 'r');
    await file.sync();
    if (mode !== undefined) await file.chmod(mode);
    await fs.rename(beside, path);
    await syncFolder(dirname(path));
  });
}

/** Gives `work` a temporary name beside a path, free for it to use, and removes what is there afterwards. */
export async function withScratch<T>(path: string, work: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = temporaryBeside(path);
  try {
    return await work(scratch);
  } finally {
    await coded(scratch, () => fs.rm(scratch, { force: true }));
  }
}
