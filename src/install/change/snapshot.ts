import { randomBytes } from 'node:crypto';
import { ownDiskBytes } from '../../layer/chain/qcow2.ts';
import { AppError } from '../../lib/errors.ts';
import { noSteps, type Steps } from '../../lib/steps.ts';
import { copyFileTo, isThere, linkFile } from '../../sys/files/files.ts';
import { makeFolder, moveFolder } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { MAX_UEFI_VARIABLES_BYTES } from '../../sys/files/uefi-firmware.ts';
import { makeDiskOnce } from '../../sys/programs/qemu-img.ts';
import { readFloor, requireFloor } from '../state/floor.ts';
import { type Instance, openInstance, writeState } from '../state/instances.ts';
import { generationPaths, instancePaths, snapshotFiles, snapshotPaths } from '../state/layout.ts';
import { isLocked } from '../state/locked.ts';
import { readReported } from '../state/reported.ts';
import { memoryOf } from '../state/snapshot-memory.ts';
import { readBelow, readSnapshots, type Snapshot, snapshotNamed, writeSnapshot } from '../state/snapshots.ts';
import { doWork, finishSnapshotWork } from './snapshot-work.ts';

/** What its user calls a snapshot, and when it is taken. */
export interface NewSnapshot {
  name: string;
  description?: string;
  /** The trusted time in milliseconds. */
  now: number;
  steps?: Steps;
}

/**
 * Keeps the state of a machine that does not run: its disks, its version, its firmware’s settings, where it is suspended its memory, all of
 * the same moment. The disks
 * are set aside and empty ones put on them, so this takes no longer for a large disk. Killed at any step, the machine is as it was,
 * with the snapshot whole or without it.
 * @throws VM_UNKNOWN, SNAPSHOT_TAKEN, VM_SUSPENDED where its memory does not fit its disks any more, VM_UNSUPPORTED, DISK_FULL before anything was changed
 */
export async function takeSnapshot(
  state: string,
  vm: string,
  { name, description, now, steps = noSteps }: NewSnapshot,
): Promise<Snapshot> {
  await finishSnapshotWork(state, vm);
  const instance = await openInstance(state, vm);
  const { generation, machine } = instance.current;
  // The empty disks that are put on its own would have to be encrypted as well.
  if (await isLocked(state, vm))
    throw new AppError(
      'VM_UNSUPPORTED',
      `the disks of ${vm} are encrypted: no snapshots of such a machine are kept yet`,
    );
  if ((await readSnapshots(state, vm)).some((other) => other.name === name))
    throw new AppError('SNAPSHOT_TAKEN', `${vm} has a snapshot “${name}” already`);
  const id = randomBytes(8).toString('hex');
  const { overlay, variables, memory: inMemory } = generationPaths(state, vm, generation);
  const paths = snapshotPaths(state, vm, id);
  const { data, dataBelow, snapshots } = instancePaths(state, vm);
  const memory = await memoryOf(state, vm, generation);
  const hasData = machine.dataDiskMiB !== undefined && (await isThere(data));
  const snapshot: Snapshot = {
    ...{ format: 1, id, name, takenAt: new Date(now).toISOString(), generation },
    ...(description === undefined ? {} : { description }),
    ...(memory ? { withMemory: true } : {}),
    system: standsOn(await readBelow(generationPaths(state, vm, generation).below)),
    ...(hasData ? { data: standsOn(await readBelow(dataBelow)) } : {}),
  };
  await makeFolder(snapshots, 0o700);
  const beside = temporaryBeside(paths.folder);
  const made = snapshotFiles(beside);
  await makeFolder(beside, 0o700);
  await Promise.all([
    makeDiskOnce(made.nextSystem, ownDiskBytes(overlay)),
    ...(hasData ? [makeDiskOnce(made.nextData, ownDiskBytes(data))] : []),
    writeState(made.file, snapshot),
    writeState(made.generation, instance.current),
    writeState(made.quarantine, { format: 1, ...(await readReported(state, vm, generation)) }),
    ...(memory ? [writeState(made.note, memory), linkFile(inMemory, made.memory)] : []),
    ...(machine.firmware === 'uefi' ? [copyFileTo(variables, made.variables, MAX_UEFI_VARIABLES_BYTES)] : []),
  ]);
  await steps(`${vm}: made`);
  await moveFolder(beside, paths.folder);
  await steps(`${vm}: beside`);
  await doWork(state, vm, { format: 1, do: 'take', id, generation }, steps);
  return snapshot;
}

/**
 * Puts a machine that does not run back to a snapshot, which stays. Its version goes back with its disks and is judged anew; its
 * policy, its password, and what is known of its time stay as they are.
 * @throws VM_UNKNOWN, SNAPSHOT_UNKNOWN, TRUST_FLOOR, DISK_FULL before anything was changed
 */
export async function revertTo(state: string, vm: string, name: string, steps: Steps = noSteps): Promise<Snapshot> {
  await finishSnapshotWork(state, vm);
  const snapshot = await snapshotNamed(state, vm, name);
  requireFloor(snapshot.generation, await readFloor(state), `the snapshot “${name}” of ${vm}`);
  const { system, data, nextSystem, nextData } = snapshotPaths(state, vm, snapshot.id);
  // What a stopped attempt left stands on nothing yet, and is empty.
  await Promise.all([
    makeDiskOnce(nextSystem, ownDiskBytes(system)),
    ...(snapshot.data ? [makeDiskOnce(nextData, ownDiskBytes(data))] : []),
  ]);
  await steps(`${vm}: made`);
  await doWork(state, vm, { format: 1, do: 'revert', id: snapshot.id }, steps);
  return snapshot;
}

/** A snapshot is none any more; what others need of its disks stays until `settleSnapshots`. @throws VM_UNKNOWN, SNAPSHOT_UNKNOWN */
export async function removeSnapshot(state: string, vm: string, name: string): Promise<Snapshot> {
  await finishSnapshotWork(state, vm);
  const snapshot = await snapshotNamed(state, vm, name);
  await writeSnapshot(state, vm, { ...snapshot, removed: true });
  return snapshot;
}

/** The snapshots whose generation may not be used any more, and why. */
export async function whyUnusable(
  { state, file: { vm } }: Instance,
  snapshot: Snapshot,
): Promise<AppError | undefined> {
  try {
    requireFloor(snapshot.generation, await readFloor(state), `the snapshot “${snapshot.name}” of ${vm}`);
    return undefined;
  } catch (error) {
    if (error instanceof AppError && error.code === 'TRUST_FLOOR') return error;
    throw error;
  }
}

function standsOn(below: string | undefined): { below?: string } {
  return below === undefined ? {} : { below };
}
