import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { run } from '../sys/exec.ts';
import { fileBytes } from '../sys/files.ts';

/** Formats of disk images that a machine can be made from. */
export const DISK_FORMATS = ['qcow2', 'raw', 'vmdk', 'vdi', 'vhdx'] as const;
export type DiskFormat = (typeof DISK_FORMATS)[number];

const HOUR_MS = 3_600_000;
const SECTOR = 512;

const ImageInfo = z.object({
  format: z.string(),
  'virtual-size': z.int().min(0),
  'backing-filename': z.string().optional(),
  encrypted: z.boolean().optional(),
  'format-specific': z
    .object({ data: z.object({ 'data-file': z.string().optional() }).loose() })
    .loose()
    .optional(),
});

/**
 * Makes a work disk (qcow2, sparse) from an image. The image must be whole in itself: one that names another file
 * could bring any file of the administrator’s computer into the package.
 * @throws DISK_INVALID, FILE_MISSING, DISK_FULL
 */
export async function importDisk(image: string, work: string, format?: DiskFormat): Promise<void> {
  const found = format ?? (await formatOf(image));
  const inner = [`driver=${found}`, `file.driver=file`, `file.filename=${image.replaceAll(',', ',,')}`].join(',');
  const args = ['convert', '-O', 'qcow2', '-o', 'compat=1.1,cluster_size=65536', '--image-opts', inner, work];
  await run('qemu-img', args, { timeoutMs: HOUR_MS }).catch((cause: unknown) => {
    throw new AppError('DISK_INVALID', `${image} could not be read as a ${found} disk`, { cause });
  });
}

async function formatOf(image: string): Promise<DiskFormat> {
  const info = await describe(image);
  const format = DISK_FORMATS.find((known) => known === info.format);
  if (!format) throw new AppError('DISK_INVALID', `${image} is a ${info.format} disk, which is not supported`);
  if (info['backing-filename'] !== undefined || info['format-specific']?.data['data-file'] !== undefined) {
    throw new AppError('DISK_INVALID', `${image} is not whole: it names another file`);
  }
  if (info.encrypted) throw new AppError('DISK_INVALID', `${image} is encrypted`);
  if (format === 'raw' && ((await fileBytes(image)) % SECTOR !== 0 || info['virtual-size'] === 0)) {
    throw new AppError('DISK_INVALID', `${image} is no disk: its length is no multiple of ${SECTOR}`);
  }
  return format;
}

async function describe(image: string): Promise<z.infer<typeof ImageInfo>> {
  try {
    const { stdout } = await run('qemu-img', ['info', '--output=json', image]);
    return ImageInfo.parse(JSON.parse(stdout));
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'PROGRAM_MISSING') throw cause;
    throw new AppError('DISK_INVALID', `${image} is no disk image`, { cause });
  }
}
