import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeIndex } from '../../src/package/layer/base-index.ts';
import { normalise } from '../../src/package/layer/normalise.ts';
import type { Data } from './data.ts';

export interface Layers {
  /** Path of the layer made of a disk of the data set. */
  layer(name: string): string;
  /** Path of the index of the chain that ends with this layer. */
  index(name: string): string;
}

/** Layers and indexes of a data set, made once: what a project folder has when the next release is packaged. */
export async function prepareLayers({ folder, updates }: Data): Promise<Layers> {
  const layer = (name: string) => join(folder, `layer-${name}.qcow2`);
  const index = (name: string) => join(folder, `layer-${name}.index`);
  for (const { below, work } of [{ below: [], work: 'v1' }, ...updates]) {
    const out = layer(work);
    if (!existsSync(out)) await normalise({ work: join(folder, `${work}.qcow2`), below: below.map(layer), out });
    const newest = below.at(-1);
    if (newest === undefined || existsSync(index(newest))) continue;
    const before = below.at(-2);
    const previous = before === undefined ? undefined : index(before);
    await makeIndex({ below: below.map(layer), out: index(newest), previous });
  }
  return { layer, index };
}
