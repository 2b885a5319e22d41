import { z } from 'zod';
import { Sha256 } from '../../layer/entry.ts';
import type { Resources } from '../../package/build/resources.ts';
import { RESOURCE_NAME } from '../../policy/script.ts';
import { isThere } from '../../sys/files/files.ts';
import { readState, writeState } from './instances.ts';
import { computerPaths } from './layout.ts';

/** `resources.json`: the resources that a package brought last, kept among the files under their digests. */
const ResourcesFile = z.strictObject({
  format: z.literal(1),
  generation: z.int().min(1),
  resources: z.array(z.strictObject({ name: z.string().regex(RESOURCE_NAME), sha256: Sha256 })),
});

/** @throws FILE_INVALID */
export async function readResources(state: string): Promise<z.infer<typeof ResourcesFile>['resources']> {
  const { resources } = computerPaths(state);
  return (await isThere(resources)) ? (await readState(resources, ResourcesFile)).resources : [];
}

export async function writeResources(state: string, generation: number, resources: Resources): Promise<void> {
  const kept = resources.map(({ name, sha256 }) => ({ name, sha256 }));
  await writeState(computerPaths(state).resources, { format: 1, generation, resources: kept });
}
