import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { noSteps, type Steps } from '../../lib/steps.ts';
import {
  copyFileTo,
  isThere,
  linkFile,
  moveFile,
  readCapped,
  readIfThere,
  removeFile,
  writeFileAtomic,
} from '../../sys/files/files.ts';
import { MAX_UEFI_VARIABLES_BYTES } from '../../sys/files/uefi-firmware.ts';
import { chainName, qemuImg } from '../../sys/programs/qemu-img.ts';
import { putTpmState } from '../../sys/secrets/tpm-state.ts';
import { vmPaths } from '../layout.ts';
import { putMemory } from './memory.ts';
import { keptDisk, readSnapshot, snapshotIds, snapshotPaths, writeSnapshot } from './snapshots.ts';
import { DISK_KINDS, type DiskKind, KeptNames, readStanding, writeStanding } from './standing.ts';

const MAX_BYTES = 64 << 10;
const Id = z.string().regex(/^[0-9a-f]{16}$/);
const KeptName = KeptNames.element;

/**
 * `snapshot-work.json`: what is being done. From the moment it is written the machine has its new state; whoever takes its lock brings
 * that to its end first.
 */
const Work = z.discriminatedUnion('do', [
  z.strictObject({ format: z.literal(1), do: z.literal('take'), id: Id }),
  z.strictObject({ format: z.literal(1), do: z.literal('revert'), id: Id }),
  /** Of two disks that are kept, or of one and the present disk that stands on it. */
  z.strictObject({
    format: z.literal(1),
    do: z.literal('merge'),
    kind: z.enum(DISK_KINDS),
    lower: KeptName,
    upper: KeptName.exactOptional(),
  }),
]);
export type Work = z.infer<typeof Work>;
export type Merge = Work & { do: 'merge' };

/** Writes down what is to be done, and does it. */
export async function doWork(folder: string, vm: string, work: Work, steps: Steps = noSteps): Promise<void> {
  await writeFileAtomic(vmPaths(folder, vm).snapshotWork, `${JSON.stringify(work)}\n`);
  await steps('noted');
  await finishSnapshotWork(folder, vm, steps);
}

/**
 * Where the version of a machine stands: from the moment it is gone back to a snapshot, there. Whoever reads it before that has come to its
 * end, and takes the machine’s lock later, would else have a word that is newer than the disk.
 */
export async function versionFile(folder: string, vm: string): Promise<string> {
  const { snapshotWork, state } = vmPaths(folder, vm);
  const bytes = await readIfThere(snapshotWork, MAX_BYTES);
  const work = bytes && Work.safeParse(jsonOrNothing(bytes.toString('utf8'))).data;
  return work?.do === 'revert' ? snapshotPaths(folder, vm, work.id).state : state;
}

/** Brings to its end what was begun, for whoever has the machine’s lock. @throws PROJECT_INVALID, DISK_FULL */
export async function finishSnapshotWork(folder: string, vm: string, steps: Steps = noSteps): Promise<void> {
  const { snapshotWork } = vmPaths(folder, vm);
  const bytes = await readIfThere(snapshotWork, MAX_BYTES);
  if (!bytes) return;
  const { success, data: work } = Work.safeParse(jsonOrNothing(bytes.toString('utf8')));
  if (!success) throw new AppError('PROJECT_INVALID', `${snapshotWork} is damaged`);
  if (work.do === 'take') await finishTake(folder, vm, work.id, steps);
  else if (work.do === 'revert') await finishRevert(folder, vm, work.id, steps);
  else await finishMerge(folder, vm, work, steps);
  await removeFile(snapshotWork);
  await steps('done');
}

/** The present disks become the snapshot’s, and the machine goes on with empty ones on them. */
async function finishTake(folder: string, vm: string, id: string, steps: Steps): Promise<void> {
  const { work, data, nextWork, nextData } = diskPaths(folder, vm, id);
  const snapshot = await readSnapshot(folder, vm, id);
  // By a second name: at no moment is the machine without a disk.
  await linkOnce(work, keptDisk(folder, vm, id, 'work'));
  if (snapshot.data) await linkOnce(data, keptDisk(folder, vm, id, 'data'));
  await steps('kept');
  await writeStanding(folder, vm, standingOf(snapshot));
  await steps('standing');
  await putOn(nextWork, work);
  await steps('system disk');
  if (snapshot.data) await putOn(nextData, data);
  await steps('data disk');
  await putMemory(folder, vm, id);
  await steps('memory');
}

/** The machine goes on with empty disks on those of the snapshot, at its version. */
async function finishRevert(folder: string, vm: string, id: string, steps: Steps): Promise<void> {
  const { work, data, nextWork, nextData } = diskPaths(folder, vm, id);
  const [to, from] = [vmPaths(folder, vm), snapshotPaths(folder, vm, id)];
  const snapshot = await readSnapshot(folder, vm, id);
  // What is in its memory belongs to the disks that it had.
  for (const path of [to.suspended, to.memory]) await removeFile(path);
  // The version before the disk: a disk that is older than its word would have access that it must not have.
  if (await isThere(from.state)) await writeFileAtomic(to.state, await readCapped(from.state, MAX_BYTES));
  else await removeFile(to.state);
  await steps('version');
  await writeStanding(folder, vm, standingOf(snapshot));
  await steps('standing');
  await putOn(nextWork, work);
  await steps('system disk');
  if (snapshot.data) await putOn(nextData, data);
  else await removeFile(data);
  await steps('data disk');
  for (const name of ['variables', 'secureVariables'] as const) await putFile(from[name], to[name]);
  await putTpmState(from.tpm, to.tpm);
  await steps('firmware');
  for (const name of ['seed', 'toolsDisc'] as const) {
    await removeFile(to[name]);
    if (await isThere(from[name])) await linkFile(from[name], to[name]);
  }
  await steps('discs');
  await putMemory(folder, vm, id);
  await steps('memory');
}

function diskPaths(folder: string, vm: string, id: string) {
  const { work, data } = vmPaths(folder, vm);
  const { nextWork, nextData } = snapshotPaths(folder, vm, id);
  return { work, data, nextWork, nextData };
}

function standingOf({ work, data }: Awaited<ReturnType<typeof readSnapshot>>) {
  return { work, ...(data ? { data } : {}) };
}

async function linkOnce(disk: string, kept: string): Promise<void> {
  if (!(await isThere(kept))) await linkFile(disk, kept);
}

async function putOn(next: string, disk: string): Promise<void> {
  if (await isThere(next)) await moveFile(next, disk);
}

async function putFile(from: string, to: string): Promise<void> {
  await removeFile(to);
  if (await isThere(from)) await copyFileTo(from, to, MAX_UEFI_VARIABLES_BYTES);
}

/** What one disk alone stands on, and no snapshot is, becomes one with it: both as seen through the upper one. */
async function finishMerge(folder: string, vm: string, { kind, lower, upper }: Merge, steps: Steps): Promise<void> {
  const paths = vmPaths(folder, vm);
  const base = join(paths.kept, lower);
  const disk = upper === undefined ? paths[kind] : join(paths.kept, upper);
  // As long as both are there they are the same disk together: only what the upper one hides is written over.
  if (await isThere(base)) {
    await qemuImg(['commit', '-q', '-d', '-t', 'writeback', chainName([base, disk])]);
    await steps('merged');
    await moveFile(base, disk);
  }
  await steps('one disk');
  await leaveOut(folder, vm, kind, lower);
}

/** It is in no list any more. */
async function leaveOut(folder: string, vm: string, kind: DiskKind, name: string): Promise<void> {
  const without = (names: readonly string[]) => names.filter((each) => each !== name);
  for (const id of await snapshotIds(folder, vm)) {
    const snapshot = await readSnapshot(folder, vm, id);
    if (!snapshot[kind]?.includes(name)) continue;
    await writeSnapshot(snapshotPaths(folder, vm, id).file, { ...snapshot, [kind]: without(snapshot[kind]) });
  }
  const standing = await readStanding(folder, vm);
  if (!standing[kind]?.includes(name)) return;
  const left = without(standing[kind]);
  const { data: _, ...system } = standing;
  // A data disk stands on nothing where nothing is named.
  const isNone = kind === 'data' && left.length === 0;
  await writeStanding(folder, vm, isNone ? system : { ...standing, [kind]: left });
}
