import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { fileBytes } from '../sys/files/files.ts';
import { run } from '../sys/programs/exec.ts';

/** Formats of disk images that a machine can be made from. */
export const DISK_FORMATS = ['qcow2', 'raw', 'vmdk', 'vdi', 'vhdx'] as const;
export type DiskFormat = (typeof DISK_FORMATS)[number];

const HOUR_MS = 3_600_000;
const SECTOR = 512;

const ImageInfo = z.object({
  filename: z.string(),
  format: z.string(),
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
type ImageInfo = z.infer<typeof ImageInfo>;

/**
 * Makes a work disk (qcow2, sparse) from an image. The image must be whole in itself: one that names another file
 * could bring any file of the administrator’s computer into the package.
 * @throws DISK_INVALID, FILE_MISSING, DISK_FULL
 */
export async function importDisk(image: string, work: string, format?: DiskFormat): Promise<void> {
  const found = await formatOf(image, format);
  const inner = [`driver=${found}`, `file.driver=file`, `file.filename=${image.replaceAll(',', ',,')}`].join(',');
  const args = ['convert', '-O', 'qcow2', '-o', 'compat=1.1,cluster_size=65536', '--image-opts', inner, work];
  await run('qemu-img', args, { timeoutMs: HOUR_MS }).catch((cause: unknown) => {
    throw new AppError('DISK_INVALID', `${image} could not be read as a ${found} disk`, { cause });
  });
}

/** The image’s format, found out unless it was `told`. */
async function formatOf(image: string, told: DiskFormat | undefined): Promise<DiskFormat> {
  const info = await describe(image, told);
  const format = DISK_FORMATS.find((known) => known === info.format);
  if (!format) throw new AppError('DISK_INVALID', `${image} is a ${info.format} disk, which is not supported`);
  if (namesAnother(info)) throw new AppError('DISK_INVALID', `${image} is not whole: it names another file`);
  if (info.encrypted) throw new AppError('DISK_INVALID', `${image} is encrypted`);
  if (!told && format === 'raw' && ((await fileBytes(image)) % SECTOR !== 0 || info['virtual-size'] === 0)) {
    throw new AppError('DISK_INVALID', `${image} is no disk: its length is no multiple of ${SECTOR}`);
  }
  return format;
}

function namesAnother(info: ImageInfo): boolean {
  const { extents = [], 'data-file': dataFile } = info['format-specific']?.data ?? {};
  const isElsewhere = extents.some(({ filename }) => filename !== info.filename);
  return info['backing-filename'] !== undefined || dataFile !== undefined || isElsewhere;
}

async function describe(image: string, told: DiskFormat | undefined): Promise<ImageInfo> {
  try {
    const { stdout } = await run('qemu-img', ['info', '--output=json', ...(told ? ['-f', told] : []), image]);
    return ImageInfo.parse(JSON.parse(stdout));
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'PROGRAM_MISSING') throw cause;
    throw new AppError('DISK_INVALID', `${image} is no disk image`, { cause });
  }
}
