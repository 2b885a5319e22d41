import { join } from 'node:path';
import { isThere } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';
import { computerPaths, instancePaths } from '../state/layout.ts';

/** Every file of a machine’s configuration, those of its snapshots too. */
export async function sealableFiles(state: string, vm: string): Promise<string[]> {
  const { folder, generations, snapshots } = instancePaths(state, vm);
  const parents = [generations, snapshots];
  const inner = parents.map(async (parent) => (await namesIn(parent)).map((name) => join(parent, name)));
  const folders = [folder, ...(await Promise.all(inner)).flat()];
  const files = folders.map(async (each) => {
    const names = (await namesIn(each)).filter((name) => !name.startsWith('.') && name.endsWith('.json'));
    return names.map((name) => join(each, name));
  });
  const cached = join(computerPaths(state).policies, `${vm}.json`);
  return [...(await Promise.all(files)).flat(), ...((await isThere(cached)) ? [cached] : [])];
}
