import { constants, open } from 'node:fs/promises';
import { AppError } from '../../lib/errors.ts';
import { coded } from './file-error.ts';

/**
 * A small ordinary file that nobody but its owner may read or change, as befits one with a password in it.
 * @throws FILE_MISSING, FILE_DENIED (others may read it, or it is another user’s), FILE_INVALID, FILE_TOO_LARGE
 */
export async function readPrivate(path: string, maxBytes: number): Promise<string> {
  return coded(path, async () => {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const { mode, uid, size, isFile } = await file.stat().then((found) => ({ ...found, isFile: found.isFile() }));
    const details = { path };
    if (!isFile) throw new AppError('FILE_INVALID', `${path} is not an ordinary file`, { details });
    if ((mode & 0o077) !== 0 || uid !== process.getuid?.())
      throw new AppError('FILE_DENIED', `${path} must be its user’s alone: chmod 600`, { details });
    if (size > maxBytes) throw new AppError('FILE_TOO_LARGE', `${path} is larger than ${maxBytes} bytes`, { details });
    return (await file.readFile()).subarray(0, maxBytes).toString('utf8');
  });
}
