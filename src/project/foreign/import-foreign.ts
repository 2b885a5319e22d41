import { dirname, join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { requireGoing } from '../../lib/interrupted.ts';
import { digestPart } from '../../sys/files/bulk/digest-part.ts';
import { gatherParts } from '../../sys/files/bulk/gather.ts';
import { removeFile } from '../../sys/files/files.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { importDisk, importShown } from '../disk-import.ts';
import type { DiskLayout } from '../image/disk-layout.ts';
import type { TellCopied } from '../image/tell-copied.ts';
import { type FoundDigest, requireDigest } from './digests.ts';
import { openPlace, type Place } from './holder.ts';
import type { ForeignDisk } from './read-foreign.ts';
import { wholeDisk } from './whole-disk.ts';

interface Options {
  signal?: AbortSignal | undefined;
  onBytes?: TellCopied | undefined;
}

/**
 * Makes a work disk from another program’s, and says how it starts. Its digests are checked while it is copied: where one is
 * not right, this fails, and what was written is for nobody.
 * @throws IMPORT_DIGEST, and as importDisk
 */
export async function importForeign(disk: ForeignDisk, work: string, options: Options = {}): Promise<DiskLayout> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const orStop = async <T>(part: Promise<T>): Promise<T> => {
    try {
      return await part;
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  };
  const parts = [
    orStop(copyDisk(disk, work, { ...options, signal })),
    ...disk.digests.map((digest) => orStop(check(digest, signal))),
  ] as const;
  const ended = await Promise.allSettled(parts);
  requireGoing(options.signal);
  if (stop.signal.aborted) throw stop.signal.reason;
  const [layout] = ended;
  if (layout.status === 'rejected') throw layout.reason;
  return layout.value;
}

async function copyDisk(disk: ForeignDisk, work: string, options: Options): Promise<DiskLayout> {
  if ('shown' in disk) return importShown(disk.shown, work, options);
  // It is a VHDX, of which a copy is closed.
  if ('unclosed' in disk) return importDisk(disk.unclosed, work, { ...options, format: 'vhdx' });
  const { name, pieces, isPacked, maxBytes } = disk;
  const path = temporaryBeside(join(dirname(work), 'unpacked'));
  try {
    const parts = await Promise.all(pieces.map((piece) => partOf(piece, options.signal)));
    const { signal, onBytes } = options;
    await gatherParts(parts, path, {
      ...{ isPacked, maxBytes, signal },
      onBytes: onBytes && ((done, total) => onBytes(done, total, 'prepare')),
    });
    // One file, which must be whole in itself.
    const alone = {
      place: () => Promise.reject(new AppError('DISK_INVALID', `${name} is not whole: it names another file`)),
    };
    return await importShown(await wholeDisk(alone, { path, name }, { signal: options.signal }), work, options);
  } finally {
    await removeFile(path);
  }
}

async function check({ place, digest }: FoundDigest, signal: AbortSignal): Promise<void> {
  requireDigest(place, digest, await digestPart(await partOf(place, signal), digest.algorithm, signal));
}

async function partOf(place: Place, signal: AbortSignal | undefined) {
  const { path, within } = place;
  await using opened = await openPlace(place, signal);
  return { path, offset: within?.offset ?? 0, bytes: opened.image.size };
}
