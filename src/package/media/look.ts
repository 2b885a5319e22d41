import { basename, dirname } from 'node:path';
import { formatBytes } from '../../lib/bytes.ts';
import { AppError } from '../../lib/errors.ts';
import { isThere } from '../../sys/files/files.ts';
import { fileSystemOf, makeFolder } from '../../sys/files/folders.ts';
import { hasProgram } from '../../sys/programs/exec.ts';
import type { MediaOptions } from './write.ts';

/** What a tar archive or an image takes for itself and for each piece, generously. */
const MEDIUM_BYTES = 1 << 20;
export const PIECE_BYTES = 8 << 10;
const MIN_ROOM_BYTES = 1 << 20;

/** What a package will consist of. */
export interface PackageSize {
  /** Of each blob. */
  blobs: readonly number[];
  /** Of all other files. */
  small: readonly number[];
  /** Of Lazaret itself, which of several volumes the first one has. */
  first?: readonly number[];
}

type Wanted = Pick<MediaOptions, 'format' | 'volumeBytes'>;

/**
 * Looks whether a package of this size can be written as is wanted, before it is signed: its name would be spent. `folder` is
 * its own folder.
 * @throws USAGE (volumes too small), FILE_EXISTS, PROGRAM_MISSING, DISK_FULL, FILE_LIMIT, FILE_DENIED
 */
export async function requireWritable(folder: string, size: PackageSize, wanted: Wanted): Promise<void> {
  const { format } = wanted;
  const program = { folder: undefined, tar: 'tar', iso: 'xorriso' }[format];
  if (program !== undefined && !hasProgram(program))
    throw new AppError('PROGRAM_MISSING', `${program} is not installed, which writes ${format}`, {
      details: { program },
    });
  volumeRoom(size, wanted.volumeBytes);
  const ending = format === 'folder' ? '' : `.${format}`;
  for (const path of [`${folder}${ending}`, `${folder}.vol1${ending}`])
    if (await isThere(path)) throw new AppError('FILE_EXISTS', `${path} exists already`);
  await makeFolder(dirname(folder));
  requireRoom(basename(folder), size, wanted, await fileSystemOf(dirname(folder)));
}

/** @throws DISK_FULL, FILE_LIMIT */
export function requireRoom(
  name: string,
  size: PackageSize,
  { format, volumeBytes }: Wanted,
  { freeBytes, maxFileBytes }: { freeBytes: number; maxFileBytes: number },
): void {
  const wholeBytes = mediumBytes(size);
  const isVolumes = volumeBytes !== undefined && wholeBytes > volumeBytes;
  // Its own folder comes first, and goes when what users get is complete.
  const needBytes = wholeBytes * (format === 'folder' && !isVolumes ? 1 : 2);
  const largest = format === 'folder' ? Math.max(0, ...size.blobs) : isVolumes ? volumeBytes : wholeBytes;
  const own = Math.max(largest, ...size.blobs);
  if (own > maxFileBytes)
    throw new AppError(
      'FILE_LIMIT',
      `${name} has a file of ${formatBytes(own)}, larger than this file system allows: ${formatBytes(maxFileBytes)}`,
    );
  if (needBytes > freeBytes) {
    const what = `writing ${name} needs ${formatBytes(needBytes)}, ${formatBytes(freeBytes)} are free`;
    throw new AppError('DISK_FULL', what, { details: { needBytes, freeBytes } });
  }
}

/** What is left for blobs in each volume; undefined where one medium has room for all. @throws USAGE */
export function volumeRoom(size: PackageSize, volumeBytes: number | undefined): number | undefined {
  if (volumeBytes === undefined || mediumBytes(size) <= volumeBytes) return undefined;
  const roomBytes = volumeBytes - bytesOf(size.small) - MEDIUM_BYTES - size.blobs.length * 256;
  if (roomBytes - firstBytes(size) < MIN_ROOM_BYTES)
    throw new AppError('USAGE', `volumes of ${volumeBytes} bytes are too small for this package`);
  return roomBytes;
}

/** What Lazaret itself takes of the first volume. */
export function firstBytes({ first = [] }: PackageSize): number {
  return bytesOf(first);
}

function mediumBytes(size: PackageSize): number {
  return MEDIUM_BYTES + bytesOf(size.small) + bytesOf(size.blobs) + firstBytes(size);
}

function bytesOf(files: readonly number[]): number {
  return files.reduce((sum, bytes) => sum + bytes + PIECE_BYTES, 0);
}
