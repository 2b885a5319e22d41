import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { normalise } from '../../src/layer/chain/normalise.ts';
import { makeIndex } from '../../src/layer/index/base-index.ts';
import type { Data } from './data.ts';

export interface Layers {
  /** Path of the layer made of a disk of the data set. */
  layer(name: string): string;
  /** Path of the index of the chain that ends with this layer. */
  index(name: string): string;
}

/** Layers of a data set, made once, and their indexes: what a project folder has when the next release is packaged. */
export async function prepareLayers({ folder, updates }: Data): Promise<Layers> {
  const layer = (name: string) => join(folder, `layer-${name}.qcow2`);
  const index = (name: string) => join(folder, `layer-${name}.index`);
  const make = async (name: string, below: readonly string[]) => {
    const out = layer(name);
    if (!existsSync(out)) await normalise({ work: join(folder, `${name}.qcow2`), below: below.map(layer), out });
  };
  for (const { below, work } of updates) {
    let previous: string | undefined;
    for (const [at, name] of below.entries()) {
      await make(name, below.slice(0, at));
      rmSync(index(name), { force: true });
      await makeIndex({ below: below.slice(0, at + 1).map(layer), out: index(name), previous });
      previous = index(name);
    }
    await make(work, below);
  }
  return { layer, index };
}
