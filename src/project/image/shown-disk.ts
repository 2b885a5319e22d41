import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { readCapped, removeFile, writeFileAtomic } from '../../sys/files/files.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { confinedQemuImg, OUT } from '../../sys/programs/confined-image.ts';
import { HEAD_BYTES } from './disk-layout.ts';
import { FLATTEN } from './qcow2-end.ts';

const HOUR_MS = 3_600_000;

/** A file that QEMU’s tool is shown: one of somebody else’s, or a text of ours. */
export type ShownFile = { path: string } | { text: string };

/** QEMU’s options for one of its drivers. */
export interface DiskNode {
  [option: string]: string | number | null | DiskNode;
}

/**
 * A disk as QEMU’s tool is to open it: its files, which are there under the names of `imageAt`, and how they make one disk.
 * Every driver and every file is named; nothing is guessed, and no name that stands in a file is followed.
 */
export interface ShownDisk {
  /** What people call it. */
  name: string;
  files: readonly [ShownFile, ...ShownFile[]];
  node: DiskNode;
}

interface Options {
  signal?: AbortSignal | undefined;
  /** Told how much of the disk is written, from 0 to 1. */
  onProgress?: ((done: number) => void) | undefined;
}

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

/** How large a disk is. One that is a single file must name no other. @throws DISK_INVALID, DISK_ENCRYPTED, and as confinedQemuImg */
export async function diskBytesOf(disk: ShownDisk, folder: string, signal?: AbortSignal): Promise<number> {
  // What is below has nothing to say to it: `info` opens nothing there, and complains about what it was told of it.
  const { backing: _below, ...node } = disk.node;
  const args = ['info', '--output=json', named({ ...disk, node })];
  const said = await shown(disk, folder, (files) => confinedQemuImg(files, args, { signal }));
  const facts = Facts.parse(JSON.parse(said));
  if (disk.files.length === 1 && namesAnother(facts))
    throw new AppError('DISK_INVALID', `${disk.name} is not whole: it names another file. ${FLATTEN}`);
  if (facts.encrypted) throw new AppError('DISK_ENCRYPTED', `${disk.name} is encrypted`);
  if (facts['virtual-size'] === 0) throw new AppError('DISK_INVALID', `${disk.name} is an empty disk`);
  return facts['virtual-size'];
}

function namesAnother(info: Facts): boolean {
  const { extents = [], 'data-file': dataFile } = info['format-specific']?.data ?? {};
  // A part of a file is told by all that is known of it, within what is told of the whole.
  const isElsewhere = extents.some(({ filename }) => filename !== info.filename && !info.filename.startsWith('json:'));
  return info['backing-filename'] !== undefined || dataFile !== undefined || isElsewhere;
}

/** What stands at the beginning of a disk, whatever its format. `folder` holds it for a moment. */
export async function headOfDisk(disk: ShownDisk, folder: string, signal?: AbortSignal): Promise<Buffer> {
  const head = temporaryBeside(join(folder, 'head'));
  try {
    const ends = [`bs=${HEAD_BYTES}`, 'count=1', `if=${named(disk)}`, `of=${join(OUT, basename(head))}`];
    await shown(disk, folder, (files) => confinedQemuImg(files, ['dd', '-O', 'raw', ...ends], { out: folder, signal }));
    return await readCapped(head, HEAD_BYTES);
  } finally {
    await removeFile(head);
  }
}

/** Writes a disk anew as qcow2, in which what is empty takes no room. @throws as confinedQemuImg */
export async function convertDisk(disk: ShownDisk, to: string, { signal, onProgress }: Options = {}): Promise<void> {
  const folder = dirname(to);
  const target = ['-O', 'qcow2', '-o', 'compat=1.1,cluster_size=65536'];
  const args = ['convert', ...(onProgress ? ['-p'] : []), ...target, named(disk), join(OUT, basename(to))];
  const options = { out: folder, timeoutMs: HOUR_MS, signal, onProgress };
  await shown(disk, folder, (files) => confinedQemuImg(files, args, options));
}

function named({ node }: ShownDisk): string {
  return `json:${JSON.stringify(node)}`;
}

/** Gives `work` the paths of all files; texts of ours are files for as long as it takes. */
async function shown<T>(
  { files }: ShownDisk,
  folder: string,
  work: (paths: [string, ...string[]]) => Promise<T>,
): Promise<T> {
  const own: string[] = [];
  const pathOf = async (file: ShownFile) => {
    if ('path' in file) return file.path;
    const path = temporaryBeside(join(folder, 'description'));
    own.push(path);
    await writeFileAtomic(path, file.text);
    return path;
  };
  try {
    const [first, ...others] = files;
    const paths: [string, ...string[]] = [await pathOf(first)];
    for (const file of others) paths.push(await pathOf(file));
    return await work(paths);
  } finally {
    for (const path of own) await removeFile(path);
  }
}
