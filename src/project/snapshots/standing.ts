import { basename, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { isThere, readIfThere, removeFile, writeFileAtomic } from '../../sys/files/files.ts';
import { vmPaths } from '../layout.ts';

const MAX_BYTES = 64 << 10;
const FROM_RELEASE = 'release-';

/** The names of files in `kept/`, bottom first: layers of releases, which may be gone where they came from, and disks of snapshots. */
export const KeptNames = z
  .array(z.string().regex(/^(release-\d{1,6}(\.flat)?|[0-9a-f]{16}-(work|data))\.qcow2$/))
  .max(64);

/** The disks of a machine. */
export const DISK_KINDS = ['work', 'data'] as const;
export type DiskKind = (typeof DISK_KINDS)[number];

/** `disks/stands-on.json`: what the present disks stand on. Without `work` the system disk stands on the releases, without `data` the data disk on nothing. */
const Standing = z.strictObject({
  format: z.literal(1),
  work: KeptNames.exactOptional(),
  data: KeptNames.exactOptional(),
});
export type Standing = Omit<z.infer<typeof Standing>, 'format'>;

/** @throws PROJECT_INVALID where it is damaged: without it nobody knows what is on the disks */
export async function readStanding(folder: string, vm: string): Promise<Standing> {
  const { standsOn } = vmPaths(folder, vm);
  const bytes = await readIfThere(standsOn, MAX_BYTES);
  if (!bytes) return {};
  const { success, data } = Standing.safeParse(jsonOrNothing(bytes.toString('utf8')));
  if (!success) throw new AppError('PROJECT_INVALID', `${standsOn} is damaged`);
  const { format: _, ...standing } = data;
  return standing;
}

export async function writeStanding(folder: string, vm: string, standing: Standing): Promise<void> {
  const { standsOn } = vmPaths(folder, vm);
  if (standing.work || standing.data)
    await writeFileAtomic(standsOn, `${JSON.stringify({ format: 1, ...standing })}\n`);
  else await removeFile(standsOn);
}

/** From here on the system disk stands on the releases again. */
export async function standOnReleases(folder: string, vm: string): Promise<void> {
  const { work, ...standing } = await readStanding(folder, vm);
  if (work) await writeStanding(folder, vm, standing);
}

/**
 * The files that a disk of a machine stands on, bottom first; undefined where no snapshot says so.
 * @throws PROJECT_INVALID, VM_FILE_MISSING
 */
export async function standsOnFiles(folder: string, vm: string, kind: DiskKind): Promise<string[] | undefined> {
  const names = (await readStanding(folder, vm))[kind];
  if (!names) return undefined;
  const paths = await Promise.all(names.map((name) => keptFile(folder, vm, name)));
  for (const path of paths)
    if (!(await isThere(path))) throw new AppError('VM_FILE_MISSING', `${vm}: ${path} is not there`);
  return paths;
}

/** Where a kept file is; a layer is taken where it comes from as long as it is there, so that it is seen to be the same one. */
async function keptFile(folder: string, vm: string, name: string): Promise<string> {
  const { kept, releases } = vmPaths(folder, vm);
  const origin = name.startsWith(FROM_RELEASE) ? join(releases, name.slice(FROM_RELEASE.length)) : undefined;
  return origin !== undefined && (await isThere(origin)) ? origin : join(kept, name);
}

/** What a layer file of a release is called among those that are kept. */
export function keptLayer(path: string): string {
  return `${FROM_RELEASE}${basename(path)}`;
}
