import { z } from 'zod';
import { Sha256 } from '../../layer/entry.ts';
import type { Resources } from '../../package/build/resources.ts';
import { RESOURCE_NAME } from '../../policy/parts/script.ts';
import { isThere } from '../../sys/files/files.ts';
import { readIfWhole, readState, writeState } from './instances.ts';
import { computerPaths } from './layout.ts';

/** `resources.json`: the resources that a package brought last, kept among the files under their digests. */
const ResourcesFile = z.strictObject({
  format: z.literal(1),
  generation: z.int().min(1),
  resources: z.array(z.strictObject({ name: z.string().regex(RESOURCE_NAME), sha256: Sha256 })),
});

/** @throws STATE_DAMAGED */
export async function readResources(state: string): Promise<z.infer<typeof ResourcesFile>['resources']> {
  const { resources } = computerPaths(state);
  return (await isThere(resources)) ? (await readState(resources, ResourcesFile)).resources : [];
}

/** Keeps what a package brought; an older package changes nothing. */
export async function writeResources(state: string, generation: number, resources: Resources): Promise<void> {
  const path = computerPaths(state).resources;
  const known = await readIfWhole(path, ResourcesFile);
  if (known && known.generation > generation) return;
  const kept = resources.map(({ name, sha256 }) => ({ name, sha256 }));
  await writeState(path, { format: 1, generation, resources: kept });
}
