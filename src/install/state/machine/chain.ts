import { join } from 'node:path';
import { AppError } from '../../../lib/errors.ts';
import { isThere } from '../../../sys/files/files.ts';
import { computerPaths, flatPath, instancePaths, layerPath } from '../layout.ts';

/** A layer of a machine, as its manifest names it. */
interface Named {
  sha256: string;
}

/** Where the files of layers lie: for all machines in common, or encrypted for one. */
export interface LayerStore {
  folder: string;
  layer: (sha256: string) => string;
  /** Of one file in place of this layer and all below it. */
  flat: (sha256: string) => string;
}

export function commonLayers(state: string): LayerStore {
  return {
    folder: computerPaths(state).layers,
    layer: (sha256) => layerPath(state, sha256),
    flat: (sha256) => flatPath(state, sha256),
  };
}

/** One key opens them all: they are the machine’s own. */
export function lockedLayers(state: string, vm: string): LayerStore {
  const { layers: folder } = instancePaths(state, vm);
  return {
    folder,
    layer: (sha256) => join(folder, `${sha256}.luks`),
    flat: (sha256) => join(folder, `${sha256}.flat.luks`),
  };
}

/**
 * The files a system disk stands on, bottom first: its layers, or a flattened file in place of the lowest of them. The disk
 * seen through either is the same, so a machine may run on it and a new layer may be rebuilt on it.
 */
export async function chainIn(store: LayerStore, layers: readonly Named[]): Promise<string[]> {
  const newest = await newestFlat(store, layers);
  const flat = layers[newest];
  const above = layers.slice(newest + 1).map(({ sha256 }) => store.layer(sha256));
  return flat ? [store.flat(flat.sha256), ...above] : above;
}

/** The same of the layers that machines have in common. */
export function chainFiles(state: string, layers: readonly Named[]): Promise<string[]> {
  return chainIn(commonLayers(state), layers);
}

/** The same, when every file of it is here. @throws LAYER_BASE_MISSING */
export async function requireChain(state: string, layers: readonly Named[]): Promise<string[]> {
  const files = await chainFiles(state, layers);
  for (const file of files) {
    if (await isThere(file)) continue;
    throw new AppError('LAYER_BASE_MISSING', 'a layer that this update builds on is not installed here');
  }
  return files;
}

/** The layers whose own file the chain has, lowest the one that a flattened file of its name stands for, where there is one. */
export async function usedIn<T extends Named>(store: LayerStore, layers: readonly T[]): Promise<T[]> {
  return layers.slice(Math.max(0, await newestFlat(store, layers)));
}

/** The same of the layers that machines have in common. */
export function usedLayers<T extends Named>(state: string, layers: readonly T[]): Promise<T[]> {
  return usedIn(commonLayers(state), layers);
}

/** Place of the highest layer that a flattened file reaches up to, or -1. */
async function newestFlat(store: LayerStore, layers: readonly Named[]): Promise<number> {
  for (let place = layers.length - 1; place >= 0; place -= 1) {
    const layer = layers[place];
    if (layer && (await isThere(store.flat(layer.sha256)))) return place;
  }
  return -1;
}
