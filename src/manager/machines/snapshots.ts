import { randomBytes } from 'node:crypto';
import { TakeSnapshotRequest } from '../../api/snapshots.ts';
import { ownDiskBytes } from '../../layer/chain/qcow2.ts';
import { AppError } from '../../lib/errors.ts';
import { noSteps, type Steps } from '../../lib/steps.ts';
import { layersBelowWork } from '../../package/build/releases.ts';
import { snapshotFiles, vmPaths } from '../../project/layout.ts';
import { takeVmLock } from '../../project/make.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { type MemoryNote, memoryNote } from '../../project/snapshots/memory.ts';
import { settleSnapshots } from '../../project/snapshots/settle.ts';
import {
  keptDisk,
  keptName,
  readSnapshots,
  type Snapshot,
  SnapshotDescription,
  snapshotNamed,
  snapshotPaths,
  writeSnapshot,
} from '../../project/snapshots/snapshots.ts';
import { keptLayer, readStanding } from '../../project/snapshots/standing.ts';
import { doWork } from '../../project/snapshots/work.ts';
import { copyFileTo, isThere, linkFile, writeFileAtomic } from '../../sys/files/files.ts';
import { loseName, makeFolder, moveFolder, removeFolder } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { MAX_UEFI_VARIABLES_BYTES } from '../../sys/files/uefi-firmware.ts';
import { makeDiskOnce } from '../../sys/programs/qemu-img.ts';
import { copyTpmState } from '../../sys/secrets/tpm-state.ts';

/** Each may be one file more in a chain, and a chain of more than 64 is not read. */
export const MOST_SNAPSHOTS = 24;
const MAX_STATE_BYTES = 64 << 10;

/** What an administrator calls a snapshot of his own copy, and what it is for. */
export interface NewSnapshot {
  name: string;
  description?: string;
}

/** A snapshot as people see it. */
export interface KeptSnapshot extends NewSnapshot {
  takenAt: string;
  /** It was suspended, and goes on where it was. */
  withMemory?: true;
  /** The machine goes on from this one. */
  isPresent?: true;
}

interface Doing {
  now?: number;
  steps?: Steps;
}

/** The snapshots of the administrator’s own copy of a machine, oldest first. @throws PROJECT_*, VM_UNKNOWN */
export async function listSnapshots(folder: string, vm: string): Promise<KeptSnapshot[]> {
  vmNamed(await openProject(folder), vm);
  const { work } = await readStanding(folder, vm);
  return (await readSnapshots(folder, vm)).map(({ id, name, description, takenAt, withMemory }) => ({
    ...{ name, takenAt },
    ...(withMemory ? { withMemory } : {}),
    ...(description === undefined ? {} : { description }),
    ...(work?.at(-1) === keptName(id, 'work') ? { isPresent: true } : {}),
  }));
}

/**
 * Keeps the state of the administrator’s own copy, which does not run: its disks, its version, what its firmware and its TPM keep, what
 * sets it up, and its memory where it is suspended, all of the same moment. The disks are set aside and empty ones put on them, so this takes no longer for a large disk.
 * Killed at any step, the machine is as it was, with the snapshot whole or without it.
 * @throws PROJECT_*, VM_UNKNOWN, VM_RUNNING, VM_SUSPENDED where its memory does not fit its disks any more, USAGE, SNAPSHOT_TAKEN, SNAPSHOT_FULL, VM_FILE_MISSING, DISK_FULL
 */
export async function takeSnapshot(
  folder: string,
  vm: string,
  { name, description }: NewSnapshot,
  { now = Date.now(), steps = noSteps }: Doing = {},
): Promise<void> {
  const project = await openProject(folder);
  vmNamed(project, vm);
  requireWords({ name, description: description ?? '' });
  await using _lock = await takeVmLock(project, vm);
  const paths = vmPaths(folder, vm);
  const memory = await memoryNote(folder, vm);
  await settleSnapshots(folder, vm);
  await requireRoom(folder, vm, name);
  const id = randomBytes(8).toString('hex');
  const snapshot: Snapshot = {
    ...{ format: 1, id, name, takenAt: new Date(now).toISOString() },
    ...(description === undefined ? {} : { description }),
    ...(memory ? { withMemory: true } : {}),
    ...(await keepBelow(folder, vm, id)),
  };
  await makeFolder(paths.snapshots, 0o700);
  const { folder: to } = snapshotPaths(folder, vm, id);
  const beside = temporaryBeside(to);
  await fillSnapshot(folder, vm, { snapshot, memory }, beside);
  await steps('made');
  await moveFolder(beside, to);
  await steps('beside');
  await doWork(folder, vm, { format: 1, do: 'take', id }, steps);
}

/** @throws USAGE */
function requireWords({ name, description }: Required<NewSnapshot>): void {
  if (!TakeSnapshotRequest.shape.name.safeParse(name).success)
    throw new AppError('USAGE', 'a snapshot has a name of 1 to 80 characters, in one line, that can be seen');
  if (!SnapshotDescription.safeParse(description).success)
    throw new AppError('USAGE', 'the description of a snapshot has at most 2000 characters');
}

/** @throws SNAPSHOT_TAKEN, SNAPSHOT_FULL */
async function requireRoom(folder: string, vm: string, name: string): Promise<void> {
  const others = await readSnapshots(folder, vm);
  if (others.some((other) => other.name === name))
    throw new AppError('SNAPSHOT_TAKEN', `${vm} has a snapshot “${name}” already`);
  if (others.length >= MOST_SNAPSHOTS)
    throw new AppError('SNAPSHOT_FULL', `${vm} has ${others.length} snapshots, and can have no more`);
}

/** What its disks stand on from then on; layers that stand for releases stay, whatever becomes of these. */
async function keepBelow(folder: string, vm: string, id: string): Promise<Pick<Snapshot, 'work' | 'data'>> {
  const { kept, data } = vmPaths(folder, vm);
  const standing = await readStanding(folder, vm);
  await makeFolder(kept);
  const below = standing.work ?? (await keepLayers(kept, await layersBelowWork(folder, vm)));
  return {
    work: [...below, keptName(id, 'work')],
    ...((await isThere(data)) ? { data: [...(standing.data ?? []), keptName(id, 'data')] } : {}),
  };
}

async function keepLayers(kept: string, layers: readonly string[]): Promise<string[]> {
  const names = layers.map(keptLayer);
  for (const [at, name] of names.entries())
    if (!(await isThere(`${kept}/${name}`))) await linkFile(layers[at] ?? '', `${kept}/${name}`);
  return names;
}

async function fillSnapshot(
  folder: string,
  vm: string,
  { snapshot, memory }: { snapshot: Snapshot; memory: MemoryNote | undefined },
  beside: string,
): Promise<void> {
  const paths = vmPaths(folder, vm);
  const made = snapshotFiles(beside);
  await makeFolder(beside, 0o700);
  await makeDiskOnce(made.nextWork, ownDiskBytes(paths.work));
  if (snapshot.data) await makeDiskOnce(made.nextData, ownDiskBytes(paths.data));
  await writeSnapshot(made.file, snapshot);
  if (await isThere(paths.state)) await copyFileTo(paths.state, made.state, MAX_STATE_BYTES);
  for (const name of ['variables', 'secureVariables'] as const)
    if (await isThere(paths[name])) await copyFileTo(paths[name], made[name], MAX_UEFI_VARIABLES_BYTES);
  await copyTpmState(paths.tpm, made.tpm);
  // Nobody writes to these: each is made whole, and removed.
  if (await isThere(paths.seed)) await linkFile(paths.seed, made.seed);
  if (!memory) return;
  await writeFileAtomic(made.note, `${JSON.stringify(memory)}\n`);
  await linkFile(paths.memory, made.memory);
  if (await isThere(paths.toolsDisc)) await linkFile(paths.toolsDisc, made.toolsDisc);
}

/**
 * Puts the administrator’s own copy back to a snapshot, which stays; what has changed since is lost, as is its memory where it is
 * suspended. Its version goes back with its disks. What the project says of the machine stays: hardware, policies, kernel, releases.
 * @throws PROJECT_*, VM_UNKNOWN, VM_RUNNING, SNAPSHOT_UNKNOWN, LOSS_CONFIRM where `agree` does not, DISK_FULL before anything was changed
 */
export async function revertSnapshot(
  folder: string,
  vm: string,
  name: string,
  agree?: (loss: string) => Promise<boolean>,
  { steps = noSteps }: Doing = {},
): Promise<void> {
  const project = await openProject(folder);
  vmNamed(project, vm);
  await using _lock = await takeVmLock(project, vm);
  await settleSnapshots(folder, vm);
  const { id, data } = await snapshotNamed(folder, vm, name);
  const { suspended } = vmPaths(folder, vm);
  const memory = (await isThere(suspended)) ? ', and what is in its memory,' : '';
  await requireAgreed(`what has changed in ${vm} since “${name}”${memory} would be gone for good`, agree);
  const { nextWork, nextData } = snapshotPaths(folder, vm, id);
  await makeDiskOnce(nextWork, ownDiskBytes(keptDisk(folder, vm, id, 'work')));
  if (data) await makeDiskOnce(nextData, ownDiskBytes(keptDisk(folder, vm, id, 'data')));
  await steps('made');
  await doWork(folder, vm, { format: 1, do: 'revert', id }, steps);
  await settleSnapshots(folder, vm, steps);
}

/** Removes a snapshot; disks that others stand on stay, merged with them. @throws PROJECT_*, VM_UNKNOWN, VM_RUNNING, SNAPSHOT_UNKNOWN, LOSS_CONFIRM where `agree` does not */
export async function removeSnapshot(
  folder: string,
  vm: string,
  name: string,
  agree?: (loss: string) => Promise<boolean>,
  { steps = noSteps }: Doing = {},
): Promise<void> {
  const project = await openProject(folder);
  vmNamed(project, vm);
  await using _lock = await takeVmLock(project, vm);
  const { id } = await snapshotNamed(folder, vm, name);
  await requireAgreed(`the snapshot “${name}” of ${vm} would be gone for good`, agree);
  const left = await loseName(snapshotPaths(folder, vm, id).folder);
  await steps('removed');
  await removeFolder(left);
  await settleSnapshots(folder, vm, steps);
}

async function requireAgreed(loss: string, agree: ((loss: string) => Promise<boolean>) | undefined): Promise<void> {
  if (agree && !(await agree(loss))) throw new AppError('LOSS_CONFIRM', loss);
}
