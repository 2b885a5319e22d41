import { AppError } from '../../lib/errors.ts';
import { isThere } from '../../sys/files/files.ts';
import { flatPath, layerPath } from './layout.ts';

/** A layer of a machine, as its manifest names it. */
interface Named {
  sha256: string;
}

/**
 * The files a system disk stands on, bottom first: its layers, or a flattened file in place of the lowest of them. The disk
 * seen through either is the same, so a machine may run on it and a new layer may be rebuilt on it.
 */
export async function chainFiles(state: string, layers: readonly Named[]): Promise<string[]> {
  const newest = await newestFlat(state, layers);
  const flat = layers[newest];
  const above = layers.slice(newest + 1).map(({ sha256 }) => layerPath(state, sha256));
  return flat ? [flatPath(state, flat.sha256), ...above] : above;
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
export async function usedLayers<T extends Named>(state: string, layers: readonly T[]): Promise<T[]> {
  return layers.slice(Math.max(0, await newestFlat(state, layers)));
}

/** Place of the highest layer that a flattened file reaches up to, or -1. */
async function newestFlat(state: string, layers: readonly Named[]): Promise<number> {
  for (let place = layers.length - 1; place >= 0; place -= 1) {
    const layer = layers[place];
    if (layer && (await isThere(flatPath(state, layer.sha256)))) return place;
  }
  return -1;
}
