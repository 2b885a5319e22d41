import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { isThere, readCapped, writeFileAtomic } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';
import { snapshotFiles, vmPaths } from '../layout.ts';
import { type DiskKind, KeptNames } from './standing.ts';

const MAX_BYTES = 64 << 10;
const ID = /^[0-9a-f]{16}$/;

/** What an administrator calls a snapshot: one line, of what can be seen. */
const SnapshotName = z
  .string()
  .min(1)
  .max(80)
  .regex(/^\P{C}+$/u);

/** What it is for. */
export const SnapshotDescription = z.string().max(2000);

/** `snapshot.json`: an earlier state of the administrator’s own copy of a machine. */
const SnapshotFile = z.strictObject({
  format: z.literal(1),
  id: z.string().regex(ID),
  name: SnapshotName,
  description: SnapshotDescription.exactOptional(),
  /** ISO time. */
  takenAt: z.iso.datetime(),
  /** It was suspended, and goes on where it was. */
  withMemory: z.literal(true).exactOptional(),
  /** Its disks and what they stand on, bottom first. Without `data` there was no data disk. */
  work: KeptNames,
  data: KeptNames.exactOptional(),
});
export type Snapshot = z.infer<typeof SnapshotFile>;

export function snapshotPaths(folder: string, vm: string, id: string) {
  return snapshotFiles(join(vmPaths(folder, vm).snapshots, id));
}

/** Where the disk of a snapshot is, once it was taken. */
export function keptDisk(folder: string, vm: string, id: string, kind: DiskKind): string {
  return join(vmPaths(folder, vm).kept, keptName(id, kind));
}

export function keptName(id: string, kind: DiskKind): string {
  return `${id}-${kind}.qcow2`;
}

/** @throws PROJECT_INVALID where it is damaged */
export async function readSnapshot(folder: string, vm: string, id: string): Promise<Snapshot> {
  const { file } = snapshotPaths(folder, vm, id);
  const { data } = SnapshotFile.safeParse(jsonOrNothing((await readCapped(file, MAX_BYTES)).toString('utf8')));
  if (data?.id !== id) throw new AppError('PROJECT_INVALID', `${file} is damaged`);
  return data;
}

export async function writeSnapshot(path: string, snapshot: Snapshot): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(snapshot)}\n`);
}

/** The numbers of all that have a folder, also of those that were never taken whole. */
export async function snapshotIds(folder: string, vm: string): Promise<string[]> {
  return (await namesIn(vmPaths(folder, vm).snapshots)).filter((name) => ID.test(name));
}

/** The snapshots of a machine, oldest first. @throws PROJECT_INVALID where one is damaged */
export async function readSnapshots(folder: string, vm: string): Promise<Snapshot[]> {
  const found: Snapshot[] = [];
  for (const id of await snapshotIds(folder, vm))
    if (await isThere(keptDisk(folder, vm, id, 'work'))) found.push(await readSnapshot(folder, vm, id));
  return found.sort((a, b) => a.takenAt.localeCompare(b.takenAt) || a.id.localeCompare(b.id));
}

/** @throws SNAPSHOT_UNKNOWN, PROJECT_INVALID */
export async function snapshotNamed(folder: string, vm: string, name: string): Promise<Snapshot> {
  const found = (await readSnapshots(folder, vm)).find((each) => each.name === name);
  if (!found) throw new AppError('SNAPSHOT_UNKNOWN', `${vm} has no snapshot “${name}”`);
  return found;
}
