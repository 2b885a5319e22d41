import { basename, dirname, join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { copySparse } from '../../sys/files/bulk/copy-sparse.ts';
import { removeFile } from '../../sys/files/files.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { ImageFile } from '../../sys/image-file.ts';
import { confinedQemuImg, IMAGE, OUT } from '../../sys/programs/confined-image.ts';
import type { TellCopied } from './tell-copied.ts';

/** A log has 4 GiB at most, and 1 MiB as programs make it; what it writes lies within the file, or just behind its end. */
const MOST_GROWTH_BYTES = 2 ** 30;

/** Whether what is wrong with that image is a log that is still to be written. */
export function isUnclosed(error: unknown, image: string): boolean {
  return error instanceof AppError && error.code === 'DISK_UNCLEAN' && error.details['path'] === image;
}

/**
 * Works on a copy of a VHDX that was not closed, to which QEMU has written what is in its log, as whoever opens it next would. The image
 * stays as it is: writing is for its owner. What the log wrote is held to its tables by `work`, as of any image. The copy shares what it
 * can, leaves out what is empty, and goes afterwards; `folder` holds it.
 * @throws DISK_IN_USE, DISK_UNCLEAN where the log cannot be written either, DISK_FULL, and as confinedQemuImg and `work`
 */
export async function withClosedCopy<T>(
  image: string,
  folder: string,
  { signal, onBytes }: { signal: AbortSignal | undefined; onBytes: TellCopied | undefined },
  work: (copy: string) => Promise<T>,
): Promise<T> {
  const copy = temporaryBeside(join(folder, 'closed'));
  const going = signal ? { signal } : {};
  try {
    await requireUnused(image, signal);
    await copySparse(image, copy, { signal, onBytes: onBytes && ((done, total) => onBytes(done, total, 'prepare')) });
    await writeLog(image, copy, going);
    return await work(copy);
  } catch (error) {
    throw ofImage(error, copy, image);
  } finally {
    await removeFile(copy);
  }
}

/** Whoever has it open writes to it: a copy would be neither what was nor what is. @throws DISK_IN_USE */
async function requireUnused(image: string, signal: AbortSignal | undefined): Promise<void> {
  const node = { driver: 'vhdx', file: { driver: 'file', filename: IMAGE } };
  try {
    await confinedQemuImg(image, ['info', `json:${JSON.stringify(node)}`], { signal });
  } catch (error) {
    // That it cannot be read as it is was known: whether it is free was asked before.
    if (!(error instanceof AppError) || !['DISK_UNCLEAN', 'DISK_INVALID'].includes(error.code)) throw error;
  }
}

async function writeLog(image: string, copy: string, going: { signal?: AbortSignal }): Promise<void> {
  await using file = await ImageFile.open(copy, going.signal);
  const node = { driver: 'vhdx', file: { driver: 'file', filename: join(OUT, basename(copy)) } };
  const args = ['check', '-r', 'all', `json:${JSON.stringify(node)}`];
  const options = { out: dirname(copy), maxFileBytes: file.size + MOST_GROWTH_BYTES, ...going };
  try {
    await confinedQemuImg(image, args, options);
  } catch (error) {
    // A log that says to write without an end is written until the time is over, or the file as long as it may be.
    if (!(error instanceof AppError) || !['DISK_INVALID', 'PROGRAM_TIMEOUT'].includes(error.code)) throw error;
    const reason = `${image} was not closed, and what its log holds cannot be written: ${error.message}`;
    throw new AppError('DISK_UNCLEAN', reason, { cause: error, details: error.details });
  }
}

/** What is wrong is said of the image, and not of a copy that has gone. */
function ofImage(error: unknown, copy: string, image: string): unknown {
  if (!(error instanceof AppError)) return error;
  const reason = error.message.replaceAll(copy, image).replaceAll(basename(copy), basename(image));
  return new AppError(error.code, reason, { cause: error, details: error.details });
}
