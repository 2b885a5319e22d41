import { AppError } from '../../../lib/errors.ts';
import { isThere, readCapped } from '../../../sys/files/files.ts';
import type { KeptFiles } from '../../../sys/files/kept-files.ts';
import { MAX_ENVELOPE_BYTES, openFile, type Place, placeOf, writeInClear } from '../../seals/configuration-file.ts';
import { inTurn, readDemand } from '../../seals/demand.ts';
import { claim, writeNext } from '../../seals/numbering.ts';
import { numberAll } from './settle-configuration.ts';

const MAX_BYTES = 64 << 20;

/**
 * What a file of a machine says, sealed or not. Where its seal is demanded, one that was changed, came from elsewhere, or is not the
 * one that was written last, is refused.
 * @throws FILE_MISSING, FILE_INVALID, FILE_TOO_LARGE, FILE_DENIED, SEAL_BROKEN, SEAL_KEY_LOST
 */
export async function readConfiguration(path: string, maxBytes = MAX_BYTES): Promise<Buffer> {
  const place = placeOf(path);
  if (!place) return readCapped(path, maxBytes);
  const opened = await read(place, path).catch((error: unknown) => {
    if (!isSealFailure(error)) throw error;
    // Its machine’s files may just be brought into another form: when nobody writes, it is certain.
    return inTurn(place, () => read(place, path));
  });
  if (opened.length <= maxBytes) return opened;
  throw new AppError('FILE_TOO_LARGE', `${path} is larger than ${maxBytes} bytes`, { details: { path, maxBytes } });
}

async function read(place: Place, path: string): Promise<Buffer> {
  // Before the file: what is written between the two has a higher number than all that is noted here.
  const demand = await readDemand(place);
  return openFile(place, path, await readCapped(path, MAX_ENVELOPE_BYTES), demand);
}

/** A file of a machine that cannot be read because of its seal. */
export function isSealFailure(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === 'SEAL_BROKEN' || error.code === 'SEAL_KEY_LOST');
}

/**
 * Replaces a file of a machine as one step, sealed where its policy wants that.
 * @throws DISK_FULL, FILE_DENIED, SEAL_KEY_LOST, SEAL_BROKEN where it cannot be told which files were written last
 */
export async function writeConfiguration(path: string, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const place = placeOf(path);
  if (!place) return writeInClear(path, bytes);
  await inTurn(place, async () => {
    const demand = await readDemand(place);
    if (demand === undefined || demand.is === 'ending') await writeInClear(path, bytes);
    else await writeNext(place, path, bytes, await claim(place, await numberAll(place, demand)));
  });
}

/** The same, for those who keep files of a machine and know nothing of seals. */
export const CONFIGURATION: KeptFiles = {
  async read(path, maxBytes) {
    if (!(await isThere(path))) return undefined;
    return readConfiguration(path, maxBytes).catch((error: unknown) => {
      if (isSealFailure(error)) return Buffer.alloc(0);
      throw error;
    });
  },
  write: writeConfiguration,
};
