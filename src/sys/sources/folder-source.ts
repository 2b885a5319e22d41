import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, systemCode } from '../../lib/errors.ts';
import type { Opened, Source, Wanted } from './source.ts';

const HOW = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** A folder’s ordinary files; links, devices and pipes in it are refused. */
export function folderSource(folder: string): Source {
  return {
    name: folder,
    open: (path, wanted) => openFile(join(folder, path), wanted),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function openFile(path: string, { from = 0, bytes, signal }: Wanted): Promise<Opened> {
  const file = await open(path, HOW).catch((error: unknown) => {
    throw systemCode(error) === 'ELOOP' ? notOrdinary(path, error) : error;
  });
  if (!(await file.stat()).isFile()) {
    await file.close();
    throw notOrdinary(path);
  }
  const range = { start: from, ...(bytes === undefined ? {} : { end: from + bytes - 1 }) };
  const chunks = file.createReadStream({ highWaterMark: 1 << 20, ...range, ...(signal ? { signal } : {}) });
  return { from, chunks };
}

function notOrdinary(path: string, cause?: unknown): AppError {
  return new AppError('MEDIA_INVALID', `${path} is a link, a folder or a device, and not an ordinary file`, { cause });
}
