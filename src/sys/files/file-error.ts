import { AppError, systemCode } from '../../lib/errors.ts';

const CODES = {
  ENOENT: 'FILE_MISSING',
  ENOTDIR: 'FILE_MISSING',
  // No file can have such a name.
  ENAMETOOLONG: 'FILE_MISSING',
  EISDIR: 'FILE_INVALID',
  ELOOP: 'FILE_INVALID',
  EACCES: 'FILE_DENIED',
  EPERM: 'FILE_DENIED',
  EROFS: 'FILE_DENIED',
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EFBIG: 'FILE_LIMIT',
} as const;

/** Gives a failed file call its code; what is not in the table is passed on as it is, a bug. */
export function fileError(error: unknown, path: string): unknown {
  const code = CODES[systemCode(error) as keyof typeof CODES];
  const what = {
    FILE_MISSING: systemCode(error) === 'ENAMETOOLONG' ? 'cannot be there: its name is too long' : 'is not there',
    FILE_INVALID: 'is not an ordinary file',
    FILE_DENIED: 'may not be used',
    DISK_FULL: 'does not fit: the disk is full',
    FILE_LIMIT: 'is larger than this file system allows',
  };
  return code ? new AppError(code, `${path} ${what[code]}`, { cause: error, details: { path } }) : error;
}

/** The same of a folder that is to be there, or to be made: a file in its place is another failure than none. */
export function folderError(error: unknown, path: string): unknown {
  if (!['ENOTDIR', 'EEXIST'].includes(systemCode(error) ?? '')) return fileError(error, path);
  return new AppError('FILE_IN_WAY', `a file is where the folder ${path} should be`, {
    cause: error,
    details: { path },
  });
}

/** Runs a file call; its failure gets its code. */
export async function coded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, path);
  }
}
