import { join } from 'node:path';
import { AppError } from '../../../lib/errors.ts';
import { noSteps, type Steps } from '../../../lib/steps.ts';
import { removeFile } from '../../../sys/files/files.ts';
import { replaceLink } from '../../../sys/files/folders.ts';
import { finishSnapshotWork } from '../../snapshots/snapshot-work.ts';
import { readFloor, requireFloor } from '../../state/floor.ts';
import { settleFormer } from '../../state/former.ts';
import { openInstance } from '../../state/instances.ts';
import { instancePaths } from '../../state/layout.ts';
import { noteRolledBack } from '../../state/machine/rolled-back.ts';

/** Which generation a machine had, and which its next start uses. */
export interface RolledBack {
  vm: string;
  from: number;
  to: number;
}

/**
 * Lets a machine’s next start use its former system disk. Its version goes back with the disk that it describes and is
 * judged anew (D29); its data disk and its policy stay as they are.
 * @throws VM_UNKNOWN, ROLLBACK_NONE (nothing was kept), TRUST_FLOOR
 */
export async function rollBack(state: string, vm: string, steps: Steps = noSteps): Promise<RolledBack> {
  await finishSnapshotWork(state, vm);
  const { current, former } = await openInstance(state, vm);
  if (former === undefined) throw new AppError('ROLLBACK_NONE', `no former system of ${vm} was kept`);
  requireFloor(former, await readFloor(state), `the former system of ${vm}`);
  await settleFormer(state, vm, current.generation);
  const paths = instancePaths(state, vm);
  await noteRolledBack(state, vm, current.generation);
  await steps(`${vm}: noted`);
  await replaceLink(paths.current, join('generations', `${former}`));
  await steps(`${vm}: switched`);
  await removeFile(paths.former);
  await steps(`${vm}: former`);
  return { vm, from: current.generation, to: former };
}
