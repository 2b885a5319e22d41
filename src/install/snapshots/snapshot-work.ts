import { join } from 'node:path';
import { z } from 'zod';
import { noSteps, type Steps } from '../../lib/steps.ts';
import { copyFileTo, isThere, linkFile, moveFile } from '../../sys/files/files.ts';
import { makeFolder, replaceLink } from '../../sys/files/folders.ts';
import { MAX_UEFI_VARIABLES_BYTES } from '../../sys/files/uefi-firmware.ts';
import { chainName, KEY_OBJECT, qemuImg } from '../../sys/programs/qemu-img.ts';
import { isLocked } from '../../sys/secrets/locked-blocks.ts';
import { LUKS_BYTES } from '../../sys/secrets/luks.ts';
import { putTpmState } from '../../sys/secrets/tpm-state.ts';
import { settleFormer } from '../state/former.ts';
import { GenerationFile, openInstance, readState, removeState, writeState } from '../state/instances.ts';
import { generationPaths, instancePaths, snapshotPaths } from '../state/layout.ts';
import { QuarantineFile } from '../state/machine/reported.ts';
import { keepStart, subjectOf } from '../state/machine/term.ts';
import { putMemory } from './snapshot-memory.ts';
import { type DiskKind, readSnapshot, type Snapshot, writeBelow, writeSnapshot } from './snapshots.ts';

const Id = z.string().regex(/^[0-9a-f]{16}$/);

/** Whose disk stands on that of a snapshot: another snapshot’s, a generation’s, or the present data disk. */
const Upper = z.union([
  z.strictObject({ snapshot: Id }),
  z.strictObject({ generation: z.int().min(1) }),
  z.literal('data disk'),
]);
export type Upper = z.infer<typeof Upper>;

/**
 * `snapshot-work.json`: what is being done. From the moment it is written the machine has its new state; whoever meets it brings
 * that to its end before the machine is used.
 */
const Work = z.discriminatedUnion('do', [
  z.strictObject({ format: z.literal(1), do: z.literal('take'), id: Id, generation: z.int().min(1) }),
  z.strictObject({ format: z.literal(1), do: z.literal('revert'), id: Id }),
  z.strictObject({
    format: z.literal(1),
    do: z.literal('merge'),
    id: Id,
    kind: z.enum(['system', 'data']),
    upper: Upper,
  }),
]);
export type Work = z.infer<typeof Work>;

/** Writes down what is to be done, and does it. */
export async function doWork(
  state: string,
  vm: string,
  work: Work,
  steps: Steps = noSteps,
  diskKey?: string,
): Promise<void> {
  await writeState(instancePaths(state, vm).snapshotWork, work);
  await steps(`${vm}: noted`);
  await finishSnapshotWork(state, vm, steps, diskKey);
}

/** Whether something was being done when something ended that. */
export function hasSnapshotWork(state: string, vm: string): Promise<boolean> {
  return isThere(instancePaths(state, vm).snapshotWork);
}

/** Brings to its end what was begun; encrypted disks are merged by who has their key alone. @throws STATE_DAMAGED, DISK_FULL */
export async function finishSnapshotWork(
  state: string,
  vm: string,
  steps: Steps = noSteps,
  diskKey?: string,
): Promise<void> {
  const { snapshotWork } = instancePaths(state, vm);
  if (!(await isThere(snapshotWork))) return;
  const work = await readState(snapshotWork, Work);
  if (work.do === 'take') await finishTake(state, vm, work, steps);
  else if (work.do === 'revert') await finishRevert(state, vm, work.id, steps);
  else await finishMerge(state, vm, work, { steps, diskKey });
  await removeState(snapshotWork);
  await steps(`${vm}: done`);
}

/** The present disks become the snapshot’s, and the machine goes on with empty ones on them. */
async function finishTake(state: string, vm: string, work: Work & { do: 'take' }, steps: Steps): Promise<void> {
  const { id, generation } = work;
  const { system, data, nextSystem, nextData } = snapshotPaths(state, vm, id);
  const instance = instancePaths(state, vm);
  const { overlay, below } = generationPaths(state, vm, generation);
  await setAside({ disk: overlay, aside: system, next: nextSystem, below, id });
  await steps(`${vm}: system disk`);
  const { data: hasData } = await readSnapshot(state, vm, id);
  if (hasData) await setAside({ disk: instance.data, aside: data, next: nextData, below: instance.dataBelow, id });
  await steps(`${vm}: data disk`);
  await putMemory(state, vm, generation, snapshotPaths(state, vm, id));
  await steps(`${vm}: memory`);
}

interface Aside {
  disk: string;
  aside: string;
  next: string;
  below: string;
  id: string;
}

async function setAside({ disk, aside, next, below, id }: Aside): Promise<void> {
  // By a second name: at no moment is the machine without a disk.
  if (!(await isThere(aside))) await linkFile(disk, aside);
  await writeBelow(below, id);
  if (await isThere(next)) await moveFile(next, disk);
}

/** The machine goes on with empty disks on those of the snapshot, in its generation and at its version. */
async function finishRevert(state: string, vm: string, id: string, steps: Steps): Promise<void> {
  const instance = instancePaths(state, vm);
  const snapshot = await readSnapshot(state, vm, id);
  const { generation } = snapshot;
  const from = snapshotPaths(state, vm, id);
  const to = generationPaths(state, vm, generation);
  await makeFolder(to.folder, 0o700);
  const installed = await readState(from.generation, GenerationFile);
  await writeState(to.file, installed);
  const present = await openInstance(state, vm);
  // Memory goes with the disks that it belongs to.
  for (const { suspended, memory } of [to, generationPaths(state, vm, present.current.generation)])
    for (const path of [suspended, memory]) await removeState(path);
  // The version before the disk: a disk that is older than its word would have access that it must not have.
  await writeState(to.quarantine, await readState(from.quarantine, QuarantineFile));
  await removeState(to.trial);
  await steps(`${vm}: version`);
  await putOn({ next: from.nextSystem, disk: to.overlay, below: to.below, id });
  await steps(`${vm}: system disk`);
  if (installed.machine.firmware === 'uefi')
    await copyFileTo(from.variables, to.variables, MAX_UEFI_VARIABLES_BYTES + LUKS_BYTES);
  await putTpmState(from.tpm, to.tpm);
  await steps(`${vm}: firmware`);
  if (snapshot.data) await putOn({ next: from.nextData, disk: instance.data, below: instance.dataBelow, id });
  await steps(`${vm}: data disk`);
  await putMemory(state, vm, generation, from);
  await steps(`${vm}: memory`);
  await keepStart(subjectOf(present), generation);
  await settleFormer(state, vm, present.current.generation);
  await replaceLink(instance.current, join('generations', `${generation}`));
  await steps(`${vm}: switched`);
}

async function putOn({ next, disk, below, id }: Omit<Aside, 'aside'>): Promise<void> {
  await writeBelow(below, id);
  if (await isThere(next)) await moveFile(next, disk);
}

/** What one disk alone stands on, of a snapshot that is removed, becomes one with it: both as seen through the upper one. */
async function finishMerge(
  state: string,
  vm: string,
  work: Work & { do: 'merge' },
  { steps, diskKey }: { steps: Steps; diskKey: string | undefined },
): Promise<void> {
  const { id, kind, upper } = work;
  const lower = await readSnapshot(state, vm, id);
  const base = snapshotPaths(state, vm, id)[kind];
  const place = placeOf(state, vm, kind, upper);
  if (await isThere(base)) {
    // As long as both are there, they are the same disk together.
    if (!canMerge(base, diskKey)) return;
    // Only what the upper one hides is written over, so that whatever stops this, both together are the same disk.
    await commit(base, place.disk, diskKey);
    await steps(`${vm}: merged`);
    await moveFile(base, place.disk);
  }
  await steps(`${vm}: one disk`);
  await place.standOn(lower[kind]?.below);
}

/** Whether disks can be merged here and now. */
export function canMerge(base: string, diskKey: string | undefined): boolean {
  return diskKey !== undefined || !isLocked(base);
}

async function commit(base: string, upper: string, diskKey: string | undefined): Promise<void> {
  const isEncrypted = isLocked(base);
  const key = isEncrypted ? ['--object', KEY_OBJECT] : [];
  const words = ['commit', '-q', '-d', '-t', 'writeback', ...key, chainName([base, upper], isEncrypted)];
  await qemuImg(words, isEncrypted ? { diskKey } : {});
}

/** The disk that stands on another, and how it is said on which. */
function placeOf(state: string, vm: string, kind: DiskKind, upper: Upper) {
  if (typeof upper === 'object' && 'snapshot' in upper) {
    const { snapshot: id } = upper;
    return {
      disk: snapshotPaths(state, vm, id)[kind],
      standOn: async (below: string | undefined) => {
        const snapshot: Snapshot = await readSnapshot(state, vm, id);
        await writeSnapshot(state, vm, { ...snapshot, [kind]: below === undefined ? {} : { below } });
      },
    };
  }
  const instance = instancePaths(state, vm);
  const generation = upper === 'data disk' ? undefined : generationPaths(state, vm, upper.generation);
  const [disk, file] = generation ? [generation.overlay, generation.below] : [instance.data, instance.dataBelow];
  const standOn = (below: string | undefined) => (below === undefined ? removeState(file) : writeBelow(file, below));
  return { disk, standOn };
}
