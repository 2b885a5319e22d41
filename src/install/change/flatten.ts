import { noSteps, type Steps } from '../../lib/steps.ts';
import { fileBytes } from '../../sys/files/files.ts';
import { freeBytes } from '../../sys/files/folders.ts';
import { createFile } from '../../sys/files/new-file.ts';
import { chainName, plain, qemuImg } from '../../sys/programs/qemu-img.ts';
import { chainFiles } from '../state/chain.ts';
import type { Instance } from '../state/instances.ts';
import { computerPaths, flatPath } from '../state/layout.ts';

/** Files in a chain beyond which reading from it grows slower for every one more. */
export const MAX_CHAIN = 8;

/**
 * Makes one file of a machine’s layers when there are more than `MAX_CHAIN` of them. The file appears whole or not at all,
 * after it was compared with what it stands for; machines run on, and take it at their next start. The layers it stands for
 * are then removed by `collect`, where no other machine needs them. Returns false when there is nothing to do or no room.
 * @throws DISK_FULL, PROGRAM_FAILED, INTERRUPTED; nothing is left then
 */
export async function flatten(
  { state, current }: Instance,
  signal?: AbortSignal,
  steps: Steps = noSteps,
): Promise<boolean> {
  const { layers } = current.machine;
  const files = await chainFiles(state, layers);
  const newest = layers.at(-1);
  if (files.length <= MAX_CHAIN || !newest) return false;
  const sizes = await Promise.all(files.map(fileBytes));
  const need = sizes.reduce((sum, bytes) => sum + bytes, 0);
  if ((await freeBytes(computerPaths(state).layers)) < need) return false;
  await steps('room');
  await createFile(flatPath(state, newest.sha256), 0o444, async (beside) => {
    const options = { background: true, signal };
    const format = ['-O', 'qcow2', '-o', 'compat=1.1,cluster_size=64k,lazy_refcounts=off'];
    await qemuImg(['convert', ...format, chainName(files), plain(beside)], options);
    await steps('converted');
    await qemuImg(['compare', '-q', chainName(files), chainName([beside])], options);
    await steps('compared');
  });
  await steps('flattened');
  return true;
}
