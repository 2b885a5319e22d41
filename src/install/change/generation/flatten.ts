import { flatBytes, flattenChain } from '../../../layer/chain/flatten-chain.ts';
import { noSteps, type Steps } from '../../../lib/steps.ts';
import { freeBytes } from '../../../sys/files/folders.ts';
import type { Instance } from '../../state/instances.ts';
import { computerPaths, flatPath } from '../../state/layout.ts';
import { chainFiles } from '../../state/machine/chain.ts';
import { isLocked } from '../../state/machine/locked.ts';

/** Files in a chain beyond which reading from it grows slower for every one more. */
export const MAX_CHAIN = 8;

/**
 * Makes one file of a machine’s layers when there are more than `MAX_CHAIN` of them. The file appears whole or not at all,
 * after it was compared with what it stands for; machines run on, and take it at their next start. The layers it stands for
 * are then removed by `collect`, where no other machine needs them. Returns false when there is nothing to do or no room.
 * @throws DISK_FULL, PROGRAM_FAILED, INTERRUPTED; nothing is left then
 */
export async function flatten(
  { state, current, file }: Instance,
  signal?: AbortSignal,
  steps: Steps = noSteps,
): Promise<boolean> {
  const { layers } = current.machine;
  const files = await chainFiles(state, layers);
  // Nobody here can read them.
  if (await isLocked(state, file.vm)) return false;
  const newest = layers.at(-1);
  if (files.length <= MAX_CHAIN || !newest) return false;
  if ((await freeBytes(computerPaths(state).layers)) < (await flatBytes(files))) return false;
  await steps('room');
  await flattenChain(files, flatPath(state, newest.sha256), { background: true, signal, steps });
  await steps('flattened');
  return true;
}
