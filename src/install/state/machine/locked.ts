import type { LayerEntry } from '../../../layer/entry.ts';
import type { MachinePolicy } from '../../../policy/schema.ts';
import { isThere } from '../../../sys/files/files.ts';
import { isDamage } from '../instances.ts';
import { instancePaths, packedPath } from '../layout.ts';
import { readPolicy } from '../policies.ts';
import { commonLayers, lockedLayers, usedIn } from './chain.ts';

/** Whether a policy wants the disks of its machine encrypted. */
export function encrypts({ encryption }: MachinePolicy): boolean {
  return encryption?.disks === true;
}

/**
 * Whether the disks of a machine are encrypted here, or are to be: without its user nothing can be written for it. Also where its policy wants
 * that no more, until its next opening.
 */
export async function isLocked(state: string, vm: string): Promise<boolean> {
  if (await hasDiskKey(state, vm)) return true;
  try {
    return encrypts((await readPolicy(state, vm)).document.policy);
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

/** Whether there is something that opens its disks: a password that somebody chose, or what a script wrote. */
export async function hasDiskKey(state: string, vm: string): Promise<boolean> {
  return (await hasUserKey(state, vm)) || (await isThere(instancePaths(state, vm).scriptKey));
}

/** Whether somebody chose a password that opens its disks; also where what it opens is lost, and what helps then is there. */
export async function hasUserKey(state: string, vm: string): Promise<boolean> {
  const { userKey, temporaryKey, recoveryKey } = instancePaths(state, vm);
  return (await Promise.all([userKey, temporaryKey, recoveryKey].map(isThere))).includes(true);
}

/** The layers of such a machine that are here in no form: neither encrypted, nor in clear, nor as they came. */
export async function layersNowhere(state: string, vm: string, layers: readonly LayerEntry[]): Promise<LayerEntry[]> {
  const stores = [lockedLayers(state, vm), commonLayers(state)];
  const used = await Promise.all(stores.map((store) => usedIn(store, layers)));
  const nowhere: LayerEntry[] = [];
  for (const layer of layers) {
    const isCovered = used.some((own) => !own.includes(layer));
    const { sha256, blob } = layer;
    const paths = [...stores.flatMap((store) => [store.layer(sha256), store.flat(sha256)]), packedPath(state, blob)];
    const there = await Promise.all(paths.map(isThere));
    if (!isCovered && !there.includes(true)) nowhere.push(layer);
  }
  return nowhere;
}
