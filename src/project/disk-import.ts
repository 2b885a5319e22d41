import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { formatBytes } from '../lib/bytes.ts';
import { AppError } from '../lib/errors.ts';
import { readCapped, removeFile } from '../sys/files/files.ts';
import { temporaryBeside } from '../sys/files/temporary.ts';
import { ImageFile } from '../sys/image-file.ts';
import { confinedQemuImg, IMAGE, OUT } from '../sys/programs/confined-image.ts';
import { type DiskLayout, diskLayout, HEAD_BYTES } from './image/disk-layout.ts';
import { type DiskFormat, type Known, knownAs } from './image/known.ts';
import { FLATTEN, requireWholeQcow2 } from './image/qcow2-end.ts';
import { requireWholeVdi } from './image/vdi-end.ts';
import { requireWholeVhdx } from './image/vhdx-end.ts';
import { requireWholeVmdk } from './image/vmdk-end.ts';

const HOUR_MS = 3_600_000;
const SECTOR = 512;
/** The largest disk that layers can be made of. */
const MAX_DISK_BYTES = 2 ** 43;

const Facts = z.object({
  filename: z.string(),
  'virtual-size': z.int().min(0),
  'backing-filename': z.string().optional(),
  encrypted: z.boolean().optional(),
  'format-specific': z
    .looseObject({
      data: z.looseObject({
        'data-file': z.string().optional(),
        /** Of VMDK: the files that hold its parts, which may be the image itself. */
        extents: z.array(z.looseObject({ filename: z.string() })).optional(),
      }),
    })
    .optional(),
});
type Facts = z.infer<typeof Facts>;

interface Options {
  /** The image’s format, where it is not to be found out. */
  format?: DiskFormat | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Makes a work disk (qcow2, sparse) from an image, and says how the disk starts. The image must be whole, and whole in itself:
 * one that names another file could bring any file of the administrator’s computer into the package. A raw disk has no mark
 * of its own: without one of what disks hold it is taken only where it is said to be one.
 * @throws DISK_CUT, DISK_PACKED, DISK_ENCRYPTED, DISK_UNKNOWN, DISK_IN_USE, DISK_UNCLEAN, DISK_UNCONFINED, DISK_INVALID,
 * DISK_FULL, FILE_MISSING, FILE_DENIED, INTERRUPTED
 */
export async function importDisk(image: string, work: string, options: Options = {}): Promise<DiskLayout> {
  const { signal } = options;
  const folder = dirname(work);
  const { format, layout } = await lookAt(image, folder, options);
  const target = ['-O', 'qcow2', '-o', 'compat=1.1,cluster_size=65536'];
  const args = ['convert', ...target, '--image-opts', named(format), join(OUT, basename(work))];
  await confinedQemuImg(image, args, { out: folder, timeoutMs: HOUR_MS, signal });
  return layout;
}

/** Only when its own tables were found to stay within its file is an image given to QEMU’s tool. */
async function lookAt(
  image: string,
  folder: string,
  { format: told, signal }: Options,
): Promise<{ format: DiskFormat; layout: DiskLayout }> {
  await using file = await ImageFile.open(image, signal);
  const format = told ?? formatOf(image, await knownAs(file));
  if (format === 'raw') return { format, layout: await requireWholeRaw(file, told === 'raw') };
  await REQUIRE_WHOLE[format](file);
  const virtualBytes = await requireAlone(image, format, signal);
  const layout = diskLayout(await headOf(image, format, folder, signal));
  requireEndIn(image, layout, virtualBytes);
  return { format, layout };
}

const REQUIRE_WHOLE = {
  qcow2: requireWholeQcow2,
  vmdk: requireWholeVmdk,
  vdi: requireWholeVdi,
  vhdx: requireWholeVhdx,
} satisfies Record<Exclude<DiskFormat, 'raw'>, (file: ImageFile) => Promise<void>>;

/** @throws DISK_UNKNOWN, DISK_CUT */
async function requireWholeRaw(file: ImageFile, isTold: boolean): Promise<DiskLayout> {
  const { path, size } = file;
  if (size === 0) throw new AppError('DISK_CUT', `${path} is empty`);
  const layout = diskLayout(await file.head(0, HEAD_BYTES));
  if (!isTold && layout.what === undefined) {
    const lacks = 'for a raw disk it lacks a boot signature, a partition table and a file system that is known';
    throw new AppError('DISK_UNKNOWN', `${path} is not a disk image of a known format: ${lacks}`);
  }
  if (size % SECTOR !== 0)
    throw new AppError('DISK_CUT', `${path} is cut short: its length is not a multiple of ${SECTOR}`);
  requireEndIn(path, layout, size);
  return layout;
}

/** The image’s format by its marks. @throws DISK_PACKED, DISK_ENCRYPTED, DISK_INVALID for what can not be imported */
function formatOf(image: string, known: Known | undefined): DiskFormat {
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

/** How large the disk is of an image that names no other file. @throws DISK_INVALID, DISK_ENCRYPTED */
async function requireAlone(image: string, format: DiskFormat, signal: AbortSignal | undefined): Promise<number> {
  const said = await confinedQemuImg(image, ['info', '--output=json', '-f', format, IMAGE], { signal });
  const facts = Facts.parse(JSON.parse(said));
  if (namesAnother(facts))
    throw new AppError('DISK_INVALID', `${image} is not whole: it names another file. ${FLATTEN}`);
  if (facts.encrypted) throw new AppError('DISK_ENCRYPTED', `${image} is encrypted`);
  if (facts['virtual-size'] === 0) throw new AppError('DISK_INVALID', `${image} is an empty disk`);
  return facts['virtual-size'];
}

function namesAnother(info: Facts): boolean {
  const { extents = [], 'data-file': dataFile } = info['format-specific']?.data ?? {};
  const isElsewhere = extents.some(({ filename }) => filename !== info.filename);
  return info['backing-filename'] !== undefined || dataFile !== undefined || isElsewhere;
}

/** What stands at the beginning of the disk, whatever format its image has. */
async function headOf(
  image: string,
  format: DiskFormat,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const head = temporaryBeside(join(folder, 'head'));
  try {
    const ends = [`bs=${HEAD_BYTES}`, 'count=1', `if=${IMAGE}`, `of=${join(OUT, basename(head))}`];
    await confinedQemuImg(image, ['dd', '-f', format, '-O', 'raw', ...ends], { out: folder, signal });
    return await readCapped(head, HEAD_BYTES);
  } finally {
    await removeFile(head);
  }
}

function named(format: DiskFormat): string {
  return [`driver=${format}`, 'file.driver=file', `file.filename=${IMAGE}`].join(',');
}
