import { basename, dirname } from 'node:path';
import { formatBytes } from '../lib/bytes.ts';
import { AppError } from '../lib/errors.ts';
import { ImageFile } from '../sys/image-file.ts';
import { IMAGE } from '../sys/programs/confined-image.ts';
import { type DiskLayout, diskLayout, HEAD_BYTES } from './image/disk-layout.ts';
import { DRIVERS, requireWhole } from './image/formats.ts';
import { type DiskFormat, type Known, knownAs } from './image/known.ts';
import { convertDisk, diskBytesOf, headOfDisk, type ShownDisk } from './image/shown-disk.ts';

const SECTOR = 512;
/** The largest disk that layers can be made of. */
const MAX_DISK_BYTES = 2 ** 43;

interface Options {
  /** The image’s format, where it is not to be found out. */
  format?: DiskFormat | undefined;
  signal?: AbortSignal | undefined;
  /** Told how many of the disk’s bytes are written. */
  onBytes?: ((done: number, total: number) => void) | undefined;
}

/**
 * Makes a work disk (qcow2, sparse) from an image, and says how the disk starts. The image must be whole, and whole in itself:
 * one that names another file could bring any file of the administrator’s computer into the package. A raw disk has no mark
 * of its own: without one of what disks hold it is taken only where it is said to be one.
 * @throws DISK_CUT, DISK_PACKED, DISK_ENCRYPTED, DISK_UNKNOWN, DISK_IN_USE, DISK_UNCLEAN, DISK_UNCONFINED, DISK_INVALID,
 * DISK_FULL, FILE_MISSING, FILE_DENIED, INTERRUPTED
 */
export async function importDisk(image: string, work: string, options: Options = {}): Promise<DiskLayout> {
  const { format, layout, diskBytes } = await lookAt(image, dirname(work), options);
  await convertDisk(single(image, format), work, { signal: options.signal, ...progressOf(diskBytes, options) });
  return layout;
}

/** As `importDisk`, for one whose files were found to be whole already. @throws as it */
export async function importShown(disk: ShownDisk, work: string, options: Options = {}): Promise<DiskLayout> {
  const { signal } = options;
  const { layout, diskBytes } = await look(disk, dirname(work), signal);
  await convertDisk(disk, work, { signal, ...progressOf(diskBytes, options) });
  return layout;
}

function progressOf(diskBytes: number, { onBytes }: Options) {
  return onBytes ? { onProgress: (done: number) => onBytes(Math.round(done * diskBytes), diskBytes) } : {};
}

/** Only when its own tables were found to stay within its file is an image given to QEMU’s tool. */
async function lookAt(
  image: string,
  folder: string,
  { format: told, signal }: Options,
): Promise<{ format: DiskFormat; layout: DiskLayout; diskBytes: number }> {
  await using file = await ImageFile.open(image, signal);
  const format = told ?? formatOf(image, await knownAs(file));
  if (format === 'raw') return { format, ...(await requireWholeRaw(file, told === 'raw')) };
  await requireWhole(format, file);
  return { format, ...(await look(single(image, format), folder, signal)) };
}

async function look(disk: ShownDisk, folder: string, signal: AbortSignal | undefined) {
  const diskBytes = await diskBytesOf(disk, folder, signal);
  const layout = diskLayout(await headOfDisk(disk, folder, signal));
  requireEndIn(disk.name, layout, diskBytes);
  return { layout, diskBytes };
}

function single(image: string, format: DiskFormat): ShownDisk {
  const node = { driver: DRIVERS[format], file: { driver: 'file', filename: IMAGE } };
  return { name: image, files: [{ path: image }], node };
}

/** @throws DISK_UNKNOWN, DISK_CUT */
async function requireWholeRaw(file: ImageFile, isTold: boolean): Promise<{ layout: DiskLayout; diskBytes: number }> {
  const { path, size } = file;
  if (size === 0) throw new AppError('DISK_CUT', `${path} is empty`);
  const layout = diskLayout(await file.head(0, HEAD_BYTES));
  if (!isTold) requireKnown(path, layout);
  if (size % SECTOR !== 0)
    throw new AppError('DISK_CUT', `${path} is cut short: its length is not a multiple of ${SECTOR}`);
  requireEndIn(path, layout, size);
  return { layout, diskBytes: size };
}

/** A raw disk that nobody says is one has something of what disks hold. @throws DISK_UNKNOWN */
export function requireKnown(path: string, { what }: DiskLayout): void {
  if (what !== undefined) return;
  const lacks = 'for a raw disk it lacks a boot signature, a partition table and a file system that is known';
  throw new AppError('DISK_UNKNOWN', `${path} is not a disk image of a known format: ${lacks}`);
}

/** The image’s format by its marks. @throws DISK_PACKED, DISK_ENCRYPTED, DISK_INVALID for what can not be imported */
export function formatOf(image: string, known: Known | undefined): DiskFormat {
  if (!known) return 'raw';
  if (known.kind === 'disk') return known.format;
  const code = { packed: 'DISK_PACKED', encrypted: 'DISK_ENCRYPTED', foreign: 'DISK_INVALID' } as const;
  const remedy = known.remedy.replaceAll('FILE', basename(image));
  throw new AppError(code[known.kind], `${image} is ${known.what}: ${remedy}`);
}

/** @throws DISK_CUT where the disk’s own tables lead behind its end, DISK_INVALID where it is too large */
function requireEndIn(image: string, { what, endBytes }: DiskLayout, diskBytes: number): void {
  if (diskBytes > MAX_DISK_BYTES)
    throw new AppError(
      'DISK_INVALID',
      `${image} is a disk of ${formatBytes(diskBytes)}; ${formatBytes(MAX_DISK_BYTES)} may be`,
    );
  if (endBytes <= diskBytes) return;
  const shows = what === 'file system' ? 'file system' : 'partition table';
  const reason = `${image} is cut short: by its ${shows} the disk ends at byte ${endBytes}, not at ${diskBytes}`;
  throw new AppError('DISK_CUT', reason, { details: { endBytes, diskBytes } });
}
