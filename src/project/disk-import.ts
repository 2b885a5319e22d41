import { basename, dirname } from 'node:path';
import { formatBytes } from '../lib/bytes.ts';
import { AppError } from '../lib/errors.ts';
import { removeFile } from '../sys/files/files.ts';
import { ImageFile } from '../sys/image-file.ts';
import { IMAGE } from '../sys/programs/confined-image.ts';
import { isUnclosed, withClosedCopy } from './image/closed-copy.ts';
import { type DiskLayout, diskLayout, HEAD_BYTES } from './image/disk-layout.ts';
import { DRIVERS, requireWhole } from './image/formats.ts';
import { type DiskFormat, type Known, knownAs } from './image/known.ts';
import { convertDisk, diskBytesOf, headOfDisk, type ShownDisk } from './image/shown-disk.ts';
import type { TellCopied } from './image/tell-copied.ts';

const SECTOR = 512;
/** The largest disk that layers can be made of. */
const MAX_DISK_BYTES = 2 ** 43;

interface Options {
  /** The image’s format, where it is not to be found out. */
  format?: DiskFormat | undefined;
  signal?: AbortSignal | undefined;
  onBytes?: TellCopied | undefined;
}

/**
 * Makes a work disk (qcow2, sparse) from an image, and says how the disk starts. The image must be whole, and whole in itself:
 * one that names another file could bring any file of the administrator’s computer into the package. A raw disk has no mark
 * of its own: without one of what disks hold it is taken only where it is said to be one.
 * @throws DISK_CUT, DISK_PACKED, DISK_ENCRYPTED, DISK_UNKNOWN, DISK_IN_USE, DISK_UNCLEAN, DISK_UNCONFINED, DISK_INVALID,
 * DISK_FULL, FILE_MISSING, FILE_DENIED, INTERRUPTED
 */
export async function importDisk(image: string, work: string, options: Options = {}): Promise<DiskLayout> {
  const opened = await openImage(image, options);
  if (opened !== 'unclosed') return importShown(opened, work, options);
  return withClosedCopy(image, dirname(work), { signal: options.signal, onBytes: options.onBytes }, async (copy) => {
    const closed = await wholeFormat(copy, { ...options, format: 'vhdx' });
    return importShown({ ...single(copy, closed), name: image }, work, options);
  });
}

/** @throws as importDisk, but for DISK_UNCLEAN */
async function openImage(image: string, options: Options): Promise<ShownDisk | 'unclosed'> {
  try {
    return single(image, await wholeFormat(image, options));
  } catch (error) {
    if (isUnclosed(error, image)) return 'unclosed';
    throw error;
  }
}

/**
 * As `importDisk`, for one whose files were found to be whole already. It is looked at while it is copied, which costs no time
 * then; where that finds something, the copy is ended and is gone.
 * @throws as importDisk
 */
export async function importShown(disk: ShownDisk, work: string, options: Options = {}): Promise<DiskLayout> {
  const { signal, onBytes } = options;
  const stop = new AbortController();
  let diskBytes = 0;
  const looking = look(disk, dirname(work), {
    signal,
    onBytes: (bytes) => {
      diskBytes = bytes;
    },
  });
  const onProgress = (done: number) => diskBytes > 0 && onBytes?.(Math.round(done * diskBytes), diskBytes, 'copy');
  const until = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const copying = convertDisk(disk, work, { signal: until, ...(onBytes ? { onProgress } : {}) });
  looking.catch((error: unknown) => stop.abort(error));
  const [looked, copied] = await Promise.allSettled([looking, copying]);
  if (looked.status === 'fulfilled' && copied.status === 'fulfilled') {
    // A small one may be copied before it is known how large it is.
    onBytes?.(diskBytes, diskBytes, 'copy');
    return looked.value;
  }
  await removeFile(work);
  throw looked.status === 'rejected' ? looked.reason : (copied as PromiseRejectedResult).reason;
}

/** Only when its own tables were found to stay within its file is an image given to QEMU’s tool. */
async function wholeFormat(image: string, { format: told, signal }: Options): Promise<DiskFormat> {
  await using file = await ImageFile.open(image, signal);
  const format = told ?? formatOf(image, await knownAs(file));
  if (format === 'raw') await requireWholeRaw(file, told === 'raw');
  else await requireWhole(format, file);
  return format;
}

async function look(
  disk: ShownDisk,
  folder: string,
  { signal, onBytes }: { signal: AbortSignal | undefined; onBytes: (diskBytes: number) => void },
): Promise<DiskLayout> {
  const diskBytes = await diskBytesOf(disk, folder, signal);
  onBytes(diskBytes);
  const layout = diskLayout(await headOfDisk(disk, folder, signal));
  requireEndIn(disk.name, layout, diskBytes);
  return layout;
}

function single(image: string, format: DiskFormat): ShownDisk {
  const node = { driver: DRIVERS[format], file: { driver: 'file', filename: IMAGE } };
  return { name: image, files: [{ path: image }], node };
}

/** @throws DISK_UNKNOWN, DISK_CUT */
async function requireWholeRaw(file: ImageFile, isTold: boolean): Promise<void> {
  const { path, size } = file;
  if (size === 0) throw new AppError('DISK_CUT', `${path} is empty`);
  const layout = diskLayout(await file.head(0, HEAD_BYTES));
  if (!isTold) requireKnown(path, layout);
  if (size % SECTOR !== 0)
    throw new AppError('DISK_CUT', `${path} is cut short: its length is not a multiple of ${SECTOR}`);
  requireEndIn(path, layout, size);
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
