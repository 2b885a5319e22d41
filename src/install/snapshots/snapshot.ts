import { randomBytes } from 'node:crypto';
import { ownDiskBytes } from '../../layer/chain/qcow2.ts';
import { AppError } from '../../lib/errors.ts';
import { noSteps, type Steps } from '../../lib/steps.ts';
import { copyFileTo, isThere, linkFile } from '../../sys/files/files.ts';
import { makeFolder, moveFolder } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { MAX_UEFI_VARIABLES_BYTES } from '../../sys/files/uefi-firmware.ts';
import { makeDiskOnce } from '../../sys/programs/qemu-img.ts';
import { isLocked as isEncrypted } from '../../sys/secrets/locked-blocks.ts';
import { LUKS_BYTES } from '../../sys/secrets/luks.ts';
import { copyTpmState } from '../../sys/secrets/tpm-state.ts';
import { copyEmptyDisk } from '../opening/empty-disks.ts';
import { readFloor, requireFloor } from '../state/floor.ts';
import { type Instance, openInstance, writeState } from '../state/instances.ts';
import { generationPaths, instancePaths, snapshotFiles, snapshotPaths } from '../state/layout.ts';
import { encrypts } from '../state/machine/locked.ts';
import { readReported } from '../state/machine/reported.ts';
import { readPolicy } from '../state/policies.ts';
import { memoryOf, removeMemory } from './snapshot-memory.ts';
import { doWork, finishSnapshotWork } from './snapshot-work.ts';
import { readBelow, readSnapshots, type Snapshot, snapshotNamed, writeSnapshot } from './snapshots.ts';

const MAX_VARIABLES_BYTES = MAX_UEFI_VARIABLES_BYTES + LUKS_BYTES;

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
 * @throws VM_UNKNOWN, SNAPSHOT_TAKEN, SNAPSHOT_UNWRITTEN, VM_SUSPENDED where its memory does not fit its disks any more, DISK_FULL before
 * anything was changed
 */
export async function takeSnapshot(
  state: string,
  vm: string,
  { name, description, now, steps = noSteps }: NewSnapshot,
): Promise<Snapshot> {
  await finishSnapshotWork(state, vm);
  await requireTakable(state, vm, name);
  const instance = await openInstance(state, vm);
  const { generation, machine } = instance.current;
  const id = randomBytes(8).toString('hex');
  const { overlay, emptyOverlay, variables, tpm, memory: inMemory } = generationPaths(state, vm, generation);
  const paths = snapshotPaths(state, vm, id);
  const { data, dataBelow, emptyData, snapshots } = instancePaths(state, vm);
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
    putEmpty(overlay, { next: made.nextSystem, from: emptyOverlay, kept: made.emptySystem }),
    ...(hasData ? [putEmpty(data, { next: made.nextData, from: emptyData, kept: made.emptyData })] : []),
    writeState(made.file, snapshot),
    writeState(made.generation, instance.current),
    writeState(made.quarantine, { format: 1, ...(await readReported(state, vm, generation)) }),
    ...(memory ? [writeState(made.note, memory), linkFile(inMemory, made.memory)] : []),
    ...(machine.firmware === 'uefi' ? [copyFileTo(variables, made.variables, MAX_VARIABLES_BYTES)] : []),
    ...(machine.tpm ? [copyTpmState(tpm, made.tpm)] : []),
  ]);
  await steps(`${vm}: made`);
  await moveFolder(beside, paths.folder);
  await steps(`${vm}: beside`);
  await doWork(state, vm, { format: 1, do: 'take', id, generation }, steps);
  return snapshot;
}

/** What keeps a snapshot from being taken, as far as is known beforehand. @throws SNAPSHOT_TAKEN, SNAPSHOT_UNWRITTEN */
export async function requireTakable(state: string, vm: string, name: string): Promise<void> {
  await requireWritten(await openInstance(state, vm));
  if ((await readSnapshots(state, vm)).some((other) => other.name === name))
    throw new AppError('SNAPSHOT_TAKEN', `${vm} has a snapshot “${name}” already`);
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
  const { system, data, nextSystem, nextData, emptySystem, emptyData } = snapshotPaths(state, vm, snapshot.id);
  // What a stopped attempt left stands on nothing yet, and is empty.
  await Promise.all([
    putEmpty(system, { next: nextSystem, from: emptySystem }),
    ...(snapshot.data ? [putEmpty(data, { next: nextData, from: emptyData })] : []),
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
  await removeMemory(snapshotPaths(state, vm, snapshot.id));
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

/**
 * Makes the empty disk that is put on another. On one that is encrypted it is a copy of the empty one that was kept for that by who had the
 * key, and that is kept with a snapshot too.
 */
async function putEmpty(
  disk: string,
  { next, from, kept }: { next: string; from: string; kept?: string },
): Promise<void> {
  if (!isEncrypted(disk)) return makeDiskOnce(next, ownDiskBytes(disk));
  await copyEmptyDisk(from, next);
  if (kept !== undefined) await copyEmptyDisk(from, kept);
}

/** Nothing is put on disks that its next start writes, or brings into another form. @throws SNAPSHOT_UNWRITTEN */
async function requireWritten({ state, file: { vm }, current }: Instance): Promise<void> {
  const { overlay, emptyOverlay, unwritten } = generationPaths(state, vm, current.generation);
  const isToBe = encrypts((await readPolicy(state, vm)).document.policy);
  const isWritten = !(await isThere(unwritten)) && isEncrypted(overlay) === isToBe;
  if (isWritten && (!isToBe || (await isThere(emptyOverlay)))) return;
  throw new AppError('SNAPSHOT_UNWRITTEN', `the disks of ${vm} are encrypted, or were, and its next start writes them`);
}

function standsOn(below: string | undefined): { below?: string } {
  return below === undefined ? {} : { below };
}
