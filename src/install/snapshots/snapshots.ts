import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { isThere } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';
import { isDamage, readState, writeState } from '../state/instances.ts';
import { generationPaths, instancePaths, snapshotPaths } from '../state/layout.ts';

const SNAPSHOT_ID = /^[0-9a-f]{16}$/;

/** The disks of a machine: each of its snapshots has both, where the machine has both. */
export type DiskKind = 'system' | 'data';

/** Where a disk stands on the disk of a snapshot, which one. */
const Below = z.strictObject({ below: z.string().regex(SNAPSHOT_ID).exactOptional() });
/** `below.json`, `data-below.json`. */
const BelowFile = z.strictObject({ format: z.literal(1), below: z.string().regex(SNAPSHOT_ID) });

/** `snapshot.json`: an earlier state of a machine that its user keeps. */
const SnapshotFile = z.strictObject({
  format: z.literal(1),
  id: z.string().regex(SNAPSHOT_ID),
  name: z.string().min(1).max(80),
  description: z.string().max(2000).exactOptional(),
  /** ISO time, by the trusted clock. */
  takenAt: z.string(),
  generation: z.int().min(1),
  /** It was suspended, and goes on where it was. */
  withMemory: z.literal(true).exactOptional(),
  system: Below,
  data: Below.exactOptional(),
  /** Its user has removed it; its disks stay while others stand on them. */
  removed: z.literal(true).exactOptional(),
});
export type Snapshot = z.infer<typeof SnapshotFile>;

export function readSnapshot(state: string, vm: string, id: string): Promise<Snapshot> {
  return readState(snapshotPaths(state, vm, id).file, SnapshotFile);
}

export async function writeSnapshot(state: string, vm: string, snapshot: Snapshot): Promise<void> {
  await writeState(snapshotPaths(state, vm, snapshot.id).file, snapshot);
}

/** The numbers of all that have a folder, also of those that are removed or were never taken whole. */
export async function snapshotIds(state: string, vm: string): Promise<string[]> {
  return (await namesIn(instancePaths(state, vm).snapshots)).filter((name) => SNAPSHOT_ID.test(name));
}

/** The snapshots that a user has of a machine, oldest first; one that cannot be read is not among them. */
export async function readSnapshots(state: string, vm: string): Promise<Snapshot[]> {
  const reads = (await snapshotIds(state, vm)).map(async (id) => {
    const isTaken = await isThere(snapshotPaths(state, vm, id).system);
    return isTaken ? readSnapshot(state, vm, id).catch(orNothing) : undefined;
  });
  const found = (await Promise.all(reads)).filter((one) => one !== undefined && !one.removed) as Snapshot[];
  return found.sort((a, b) => a.takenAt.localeCompare(b.takenAt) || a.id.localeCompare(b.id));
}

/** A user’s snapshot by its name. @throws SNAPSHOT_UNKNOWN */
export async function snapshotNamed(state: string, vm: string, name: string): Promise<Snapshot> {
  const found = (await readSnapshots(state, vm)).find((each) => each.name === name);
  if (!found) throw new AppError('SNAPSHOT_UNKNOWN', `${vm} has no snapshot “${name}”`);
  return found;
}

/** The disks of snapshots that a generation’s system disk stands on, bottom first. @throws STATE_DAMAGED */
export async function systemBelow(state: string, vm: string, generation: number): Promise<string[]> {
  return disksFrom(state, vm, 'system', await readBelow(generationPaths(state, vm, generation).below));
}

/** The same of the data disk. @throws STATE_DAMAGED */
export async function dataBelow(state: string, vm: string): Promise<string[]> {
  return disksFrom(state, vm, 'data', await readBelow(instancePaths(state, vm).dataBelow));
}

/** The snapshot that a file says a disk stands on. @throws STATE_DAMAGED */
export async function readBelow(path: string): Promise<string | undefined> {
  return (await isThere(path)) ? (await readState(path, BelowFile)).below : undefined;
}

export async function writeBelow(path: string, below: string): Promise<void> {
  await writeState(path, { format: 1, below });
}

/** The disk of a snapshot and what it stands on, bottom first. @throws STATE_DAMAGED */
async function disksFrom(state: string, vm: string, kind: DiskKind, top: string | undefined): Promise<string[]> {
  const ids: string[] = [];
  for (let id = top; id !== undefined; id = (await readSnapshot(state, vm, id))[kind]?.below) {
    if (ids.includes(id)) throw new AppError('STATE_DAMAGED', `the snapshots of ${vm} stand on each other in a circle`);
    ids.unshift(id);
  }
  return ids.map((id) => snapshotPaths(state, vm, id)[kind]);
}

function orNothing(error: unknown): undefined {
  if (!isDamage(error)) throw error;
}
