import { join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import type { Steps } from '../../lib/steps.ts';
import { isThere, removeFile } from '../../sys/files/files.ts';
import { namesIn, removeFolder, removeTemporary } from '../../sys/files/folders.ts';
import { vmPaths } from '../layout.ts';
import { keptDisk, readSnapshots, snapshotIds, snapshotPaths } from './snapshots.ts';
import { DISK_KINDS, KeptNames, readStanding } from './standing.ts';
import { doWork, type Merge } from './work.ts';

/** The present disk stands on it, which is in no list. */
const PRESENT = 'present';

/**
 * Removes what no snapshot and no present disk needs any more, and makes one of two disks where no snapshot is the lower one and one
 * other alone stands on it. For whoever has the machine’s lock. While something cannot be read, all stays.
 */
export async function settleSnapshots(folder: string, vm: string, steps?: Steps): Promise<void> {
  const { snapshots, kept } = vmPaths(folder, vm);
  for (const each of [snapshots, kept]) await removeTemporary(each);
  await removeBegun(folder, vm);
  try {
    await removeUnused(folder, vm);
    for (let merge = await nextMerge(folder, vm); merge; merge = await nextMerge(folder, vm))
      await doWork(folder, vm, merge, steps);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'PROJECT_INVALID') throw error;
  }
}

/** What a stopped attempt to take one, or to go back to one, has made. */
async function removeBegun(folder: string, vm: string): Promise<void> {
  for (const id of await snapshotIds(folder, vm)) {
    const { folder: begun, nextWork, nextData } = snapshotPaths(folder, vm, id);
    if (!(await isThere(keptDisk(folder, vm, id, 'work')))) await removeFolder(begun);
    else for (const next of [nextWork, nextData]) await removeFile(next);
  }
}

/** The lists of kept files: of each snapshot, which ends with its own disk, and of the present disks. */
async function chains(folder: string, vm: string): Promise<string[][]> {
  const snapshots = await readSnapshots(folder, vm);
  const standing = await readStanding(folder, vm);
  return DISK_KINDS.flatMap((kind) => [
    ...snapshots.flatMap((snapshot) => (snapshot[kind] ? [snapshot[kind]] : [])),
    ...(standing[kind] ? [[...standing[kind], `${PRESENT} ${kind}`]] : []),
  ]);
}

async function removeUnused(folder: string, vm: string): Promise<void> {
  const { kept } = vmPaths(folder, vm);
  const used = new Set((await chains(folder, vm)).flat());
  for (const name of await namesIn(kept))
    if (KeptNames.safeParse([name]).success && !used.has(name)) await removeFile(join(kept, name));
}

async function nextMerge(folder: string, vm: string): Promise<Merge | undefined> {
  const upper = new Map<string, Set<string | undefined>>();
  for (const chain of await chains(folder, vm))
    for (const [at, name] of chain.entries()) upper.set(name, (upper.get(name) ?? new Set()).add(chain[at + 1]));
  // The disks of a suspended machine stay the files that they are.
  const isSuspended = await isThere(vmPaths(folder, vm).suspended);
  for (const [lower, above] of upper) {
    const kind = DISK_KINDS.find((each) => lower.endsWith(`-${each}.qcow2`));
    const [only, ...others] = above;
    if (kind === undefined || only === undefined || others.length > 0) continue;
    const isPresent = only.startsWith(PRESENT);
    if (isPresent && isSuspended) continue;
    return { format: 1, do: 'merge', kind, lower, ...(isPresent ? {} : { upper: only }) };
  }
  return undefined;
}
