import { z } from 'zod';
import { wrongWithOwnDisk } from '../../../layer/chain/qcow2.ts';
import { AppError, type ErrorCode, type Failure, failureOf } from '../../../lib/errors.ts';
import { isThere } from '../../../sys/files/files.ts';
import { confinedQemuImg, IMAGE } from '../../../sys/programs/confined-image.ts';
import { isLocked } from '../../../sys/secrets/locked-blocks.ts';
import { readSnapshots } from '../../snapshots/snapshots.ts';
import { type Instance, readGeneration } from '../../state/instances.ts';
import { generationPaths, instancePaths, snapshotPaths } from '../../state/layout.ts';

const CHECK_MS = 3_600_000;
/** `qemu-img check`: there are mistakes in the tables, or clusters that nothing uses, which only take room. */
const CHECKED = [2, 3];
const CheckAnswer = z.object({ corruptions: z.int().default(0), 'check-errors': z.int() });

/** A disk that was made on this computer and that a machine writes, and how it stands with it. */
export interface DiskProof {
  what: string;
  failure?: Failure;
  /** The machine runs: its disk changes all the time, and nothing is said of it. */
  runs?: true;
  /** It is encrypted, and nobody here knows what opens it: nothing is said of it. */
  locked?: true;
}

interface OwnDisk {
  what: string;
  path: string;
  code: ErrorCode;
  /** As large as what lies below it. */
  virtualBytes?: number;
}

export interface DiskProofOptions {
  /** Whether the machine runs, or may begin to. */
  runs: () => boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Looks at the tables of what a machine wrote: its system disks, its former one’s too, and its data disk. They are only read; a
 * disk that is not there is not spoken of. Of a machine that cannot be read only the data disk is known.
 * @throws DISK_UNCONFINED, PROGRAM_MISSING, PROGRAM_TIMEOUT, INTERRUPTED
 */
export async function proveDisks(
  state: string,
  vm: string,
  instance: Instance | undefined,
  { runs, signal }: DiskProofOptions,
): Promise<DiskProof[]> {
  const proofs: DiskProof[] = [];
  for (const disk of await ownDisks(state, vm, instance)) {
    if (!(await isThere(disk.path))) continue;
    if (isLocked(disk.path)) {
      proofs.push({ what: disk.what, locked: true });
      continue;
    }
    const failure = runs() ? undefined : await damageOf(disk, signal);
    // It may have been started meanwhile, and then its tables were read while they changed.
    if (runs()) proofs.push({ what: disk.what, runs: true });
    else proofs.push(failure ? { what: disk.what, failure: failureOf(failure) } : { what: disk.what });
  }
  return proofs;
}

async function ownDisks(state: string, vm: string, instance: Instance | undefined): Promise<OwnDisk[]> {
  const data: OwnDisk = { what: 'data disk', path: instancePaths(state, vm).data, code: 'DATA_DISK_DAMAGED' };
  if (!instance) return [data];
  const { current, former } = instance;
  const generations = [current];
  if (former !== undefined) generations.push(await readGeneration(state, vm, former));
  const systems = generations.map(({ generation, machine }): OwnDisk => {
    const virtualBytes = machine.layers.at(-1)?.virtualBytes;
    return {
      what: `system disk of generation ${generation}`,
      path: generationPaths(state, vm, generation).overlay,
      code: 'SYSTEM_DISK_DAMAGED',
      ...(virtualBytes === undefined ? {} : { virtualBytes }),
    };
  });
  const snapshots = (await readSnapshots(state, vm)).flatMap(({ id, name, data: hasData }): OwnDisk[] => {
    const paths = snapshotPaths(state, vm, id);
    const disks: OwnDisk[] = [
      { what: `system disk of the snapshot “${name}”`, path: paths.system, code: 'SYSTEM_DISK_DAMAGED' },
    ];
    if (hasData)
      disks.push({ what: `data disk of the snapshot “${name}”`, path: paths.data, code: 'DATA_DISK_DAMAGED' });
    return disks;
  });
  return [...systems, data, ...snapshots];
}

async function damageOf(disk: OwnDisk, signal: AbortSignal | undefined): Promise<AppError | undefined> {
  const { path, code, virtualBytes } = disk;
  const damaged = (why: string, cause?: unknown) => new AppError(code, `${path} ${why}`, { cause, details: { path } });
  try {
    // First the header alone: no name that stands in it is followed.
    const wrong = wrongWithOwnDisk(path, virtualBytes);
    if (wrong !== undefined) return damaged(wrong);
    const { corruptions, 'check-errors': unread } = await checkTables(path, signal);
    if (unread > 0) return damaged('cannot be read to its end');
    return corruptions === 0 ? undefined : damaged(`has ${corruptions} mistakes in its tables`);
  } catch (error) {
    if (error instanceof AppError && ['LAYER_INVALID', 'DISK_INVALID'].includes(error.code))
      return damaged('cannot be read as a disk', error);
    throw error;
  }
}

/** The machine’s QEMU wrote the file, and may be in its guest’s hands: it is read as a stranger’s. */
async function checkTables(path: string, signal: AbortSignal | undefined): Promise<z.infer<typeof CheckAnswer>> {
  const args = ['check', '--force-share', '-f', 'qcow2', '--output=json', IMAGE];
  const said = await confinedQemuImg(path, args, { timeoutMs: CHECK_MS, allow: CHECKED, signal });
  return CheckAnswer.parse(JSON.parse(said));
}
