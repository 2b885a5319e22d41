import { formatBytes } from '../../lib/bytes.ts';
import { AppError } from '../../lib/errors.ts';
import { fileBytes, isThere } from '../../sys/files/files.ts';
import { freeBytes } from '../../sys/files/folders.ts';
import { isLocked } from '../../sys/secrets/locked-blocks.ts';
import { LUKS_BYTES } from '../../sys/secrets/luks.ts';
import type { GenerationFile, Instance } from '../state/instances.ts';
import { generationPaths, instancePaths } from '../state/layout.ts';
import { commonLayers, type LayerStore, lockedLayers, usedIn } from '../state/machine/chain.ts';

/**
 * Looks, before anything is written, whether there is room to bring the disks into the form that is wanted: for all layers that have to
 * be made, and beside them for the largest file that is copied to take its own place. What others write meanwhile nobody knows.
 * @throws DISK_FULL
 */
export async function requireRoomForDisks(
  { state, file: { vm } }: Instance,
  generations: readonly GenerationFile[],
  encrypts: boolean,
): Promise<void> {
  const [locked, common] = [lockedLayers(state, vm), commonLayers(state)];
  const made = await layersToMake(generations, encrypts ? [common, locked] : [locked, common]);
  const copied = await Promise.all(writtenFiles(state, vm, generations).map((path) => bytesToCopy(path, encrypts)));
  const needBytes = made + Math.max(0, ...copied);
  const free = await freeBytes(state);
  if (needBytes <= free) return;
  const what = encrypts ? 'encrypting' : 'decrypting';
  const reason = `${what} the disks of ${vm} needs ${formatBytes(needBytes)}, ${formatBytes(free)} are free`;
  throw new AppError('DISK_FULL', reason, { details: { needBytes, freeBytes: free } });
}

/** Two generations may stand on one layer, which is made once. */
async function layersToMake(
  generations: readonly GenerationFile[],
  [from, to]: readonly [LayerStore, LayerStore],
): Promise<number> {
  const bytes = new Map<string, number>();
  for (const { machine } of generations) {
    const wanted = new Set((await usedIn(to, machine.layers)).map(({ sha256 }) => sha256));
    for (const layer of await usedIn(from, machine.layers)) {
      const { sha256 } = layer;
      if (!wanted.has(sha256) || (await isThere(to.layer(sha256))) || (await isThere(to.flat(sha256)))) continue;
      const flat = from.flat(sha256);
      bytes.set(sha256, LUKS_BYTES + ((await isThere(flat)) ? await fileBytes(flat) : layer.bytes));
    }
  }
  return [...bytes.values()].reduce((sum, each) => sum + each, 0);
}

/** What the machine writes. */
function writtenFiles(state: string, vm: string, generations: readonly GenerationFile[]): string[] {
  const systems = generations.flatMap(({ generation }) => {
    const { overlay, variables } = generationPaths(state, vm, generation);
    return [overlay, variables];
  });
  return [instancePaths(state, vm).data, ...systems];
}

async function bytesToCopy(path: string, encrypts: boolean): Promise<number> {
  if (!(await isThere(path)) || isLocked(path) === encrypts) return 0;
  return LUKS_BYTES + (await fileBytes(path));
}
