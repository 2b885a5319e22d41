import { join } from 'node:path';
import { bootFiles } from '../../package/boot-files.ts';
import { removeFile } from '../../sys/files/files.ts';
import { namesIn, removeFolder, removeTemporary } from '../../sys/files/folders.ts';
import { settleRolledBack } from '../rolled-back.ts';
import { chainFiles } from '../state/chain.ts';
import { settleFormer } from '../state/former.ts';
import { instanceNames, readGeneration, readIfInstalled } from '../state/instances.ts';
import { computerPaths, filePath, instancePaths } from '../state/layout.ts';
import { readResources } from '../state/resources.ts';
import { wantedPaths } from '../state/wanted.ts';

/**
 * Removes what nothing needs any more: generations that are neither current, kept, nor in use, layers and files that no
 * generation names, and what interrupted installations left, but for what the last one fetched: it may be resumed. `inUse` has the generation each running machine runs.
 */
export async function collect(state: string, inUse: ReadonlyMap<string, number>): Promise<void> {
  const paths = computerPaths(state);
  const needed = new Set<string>();
  // Machines that were being uninstalled.
  await removeTemporary(paths.instances);
  for (const vm of await instanceNames(state)) {
    const instance = await readIfInstalled(state, vm);
    const kept = new Set([instance?.current.generation, instance?.former, inUse.get(vm)]);
    for (const name of await namesIn(instancePaths(state, vm).generations)) {
      if (!kept.has(Number(name))) await removeFolder(join(instancePaths(state, vm).generations, name));
    }
    for (const generation of kept) {
      if (generation === undefined) continue;
      const { machine } = await readGeneration(state, vm, generation);
      for (const file of await chainFiles(state, machine.layers)) needed.add(file);
      for (const { sha256 } of bootFiles(machine)) needed.add(filePath(state, sha256));
    }
    if (instance) await settleFormer(state, vm, instance.current.generation);
    if (instance) await settleRolledBack(state, vm, instance.current.generation);
    if (instance?.former === undefined) await removeFile(instancePaths(state, vm).former);
    await removeTemporary(instancePaths(state, vm).folder);
  }
  for (const { sha256 } of await readResources(state)) needed.add(filePath(state, sha256));
  for (const path of await wantedPaths(state)) needed.add(path);
  for (const folder of [paths.layers, paths.files, paths.staging]) {
    for (const path of (await namesIn(folder)).map((name) => join(folder, name))) {
      if (!needed.has(path)) await removeFile(path);
    }
  }
}
