import { noSteps, type Steps } from '../../lib/steps.ts';
import { isThere, removeFile } from '../../sys/files/files.ts';
import { namesIn, removeFolder, removeTemporary } from '../../sys/files/folders.ts';
import { isDamage } from '../state/instances.ts';
import { generationPaths, instancePaths, snapshotPaths } from '../state/layout.ts';
import { removeMemory } from './snapshot-memory.ts';
import { canMerge, doWork, hasSnapshotWork, type Upper, type Work } from './snapshot-work.ts';
import { type DiskKind, readBelow, readSnapshot, type Snapshot, snapshotIds } from './snapshots.ts';

const KINDS: readonly DiskKind[] = ['system', 'data'];
type Merge = Work & { do: 'merge' };

/**
 * Removes what no snapshot and no disk of a machine needs any more, and gives the disks of removed snapshots that one other disk alone
 * stands on. While something of its snapshots cannot be read, all stays.
 */
export async function settleSnapshots(state: string, vm: string): Promise<Merge[]> {
  if (await hasSnapshotWork(state, vm)) return [];
  await removeTemporary(instancePaths(state, vm).snapshots);
  try {
    await removeBegun(state, vm);
    return await settle(state, vm);
  } catch (error) {
    if (isDamage(error)) return [];
    throw error;
  }
}

/**
 * Makes one disk of two where a removed snapshot’s has one other on it alone; of encrypted ones with their key alone. The machine does not
 * run. @throws DISK_FULL
 */
export async function mergeRemoved(
  state: string,
  vm: string,
  { steps = noSteps, diskKey }: { steps?: Steps; diskKey?: string } = {},
): Promise<void> {
  const next = async () =>
    (await settleSnapshots(state, vm)).find(({ id, kind }) => canMerge(snapshotPaths(state, vm, id)[kind], diskKey));
  for (let merge = await next(); merge; merge = await next()) await doWork(state, vm, merge, steps, diskKey);
}

/** What a stopped attempt to take one, or to go back to one, has made. */
async function removeBegun(state: string, vm: string): Promise<void> {
  for (const id of await snapshotIds(state, vm)) {
    const { folder, system, nextSystem, nextData } = snapshotPaths(state, vm, id);
    if (!(await isThere(nextSystem)) && !(await isThere(nextData))) continue;
    if (!(await isThere(system)) && !(await readSnapshot(state, vm, id)).removed) await removeFolder(folder);
    for (const next of [nextSystem, nextData]) await removeFile(next);
  }
}

async function settle(state: string, vm: string): Promise<Merge[]> {
  const ids = await snapshotIds(state, vm);
  const snapshots = await Promise.all(ids.map((id) => readSnapshot(state, vm, id)));
  const uses = {
    system: await usesOf(state, vm, 'system', snapshots),
    data: await usesOf(state, vm, 'data', snapshots),
  };
  const removed = snapshots.filter((snapshot) => snapshot.removed);
  const unused = removed.find(({ id }) => KINDS.every((kind) => !uses[kind].has(id)));
  if (unused) {
    await removeFolder(snapshotPaths(state, vm, unused.id).folder);
    return settle(state, vm);
  }
  // Where a removal was stopped before it had gone.
  for (const { id } of removed) await removeMemory(snapshotPaths(state, vm, id));
  const merges: Merge[] = [];
  for (const { id } of removed)
    for (const kind of KINDS) {
      const [upper, ...others] = uses[kind].get(id) ?? [];
      if (!upper) await removeFile(snapshotPaths(state, vm, id)[kind]);
      else if (others.length === 0) merges.push({ format: 1, do: 'merge', id, kind, upper });
    }
  return merges;
}

/** Whose disks stand on those of which snapshot. */
async function usesOf(
  state: string,
  vm: string,
  kind: DiskKind,
  snapshots: readonly Snapshot[],
): Promise<Map<string, Upper[]>> {
  const pairs: [string | undefined, Upper][] = snapshots.map((snapshot) => [
    snapshot[kind]?.below,
    { snapshot: snapshot.id },
  ]);
  const { dataBelow, generations } = instancePaths(state, vm);
  if (kind === 'data') pairs.push([await readBelow(dataBelow), 'data disk']);
  else
    for (const generation of (await namesIn(generations)).filter((name) => /^\d+$/.test(name)).map(Number))
      pairs.push([await readBelow(generationPaths(state, vm, generation).below), { generation }]);
  const uses = new Map<string, Upper[]>();
  for (const [id, upper] of pairs) if (id !== undefined) uses.set(id, [...(uses.get(id) ?? []), upper]);
  return uses;
}
