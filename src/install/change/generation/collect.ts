import { join } from 'node:path';
import type { LayerEntry } from '../../../layer/entry.ts';
import { bootFiles } from '../../../package/boot-files.ts';
import { isThere, removeFile } from '../../../sys/files/files.ts';
import { namesIn, removeFolder, removeTemporary } from '../../../sys/files/folders.ts';
import { forgetRemoved } from '../../seals/numbering.ts';
import { settleSnapshots } from '../../snapshots/snapshot-settle.ts';
import { snapshotIds } from '../../snapshots/snapshots.ts';
import { settleFormer } from '../../state/former.ts';
import {
  GenerationFile,
  type Instance,
  instanceNames,
  isDamage,
  readGeneration,
  readIfInstalled,
  readState,
} from '../../state/instances.ts';
import { computerPaths, filePath, instancePaths, packedPath, snapshotPaths } from '../../state/layout.ts';
import { chainFiles, chainIn, lockedLayers } from '../../state/machine/chain.ts';
import { isLocked } from '../../state/machine/locked.ts';
import { settleRolledBack } from '../../state/machine/rolled-back.ts';
import { readResources } from '../../state/resources.ts';
import { wantedPaths } from '../../state/wanted.ts';

/**
 * Removes what nothing needs any more: generations that are neither current, kept, nor in use, layers and files that no
 * generation names, and what interrupted installations left, but for what the last one fetched: it may be resumed. `inUse` has
 * the generation each running machine runs. Nothing is removed whose owner cannot be read: of a damaged machine all stays, and
 * layers and files stay while it cannot be told which of them are needed.
 */
export async function collect(state: string, inUse: ReadonlyMap<string, number>): Promise<void> {
  const paths = computerPaths(state);
  // Machines that were being uninstalled.
  await removeTemporary(paths.instances);
  const needed = new Needed(state);
  for (const vm of await instanceNames(state)) await collectMachine(state, vm, inUse.get(vm), needed);
  await needed.reading(async () => {
    for (const { sha256 } of await readResources(state)) needed.add(filePath(state, sha256));
  });
  for (const path of await wantedPaths(state)) needed.add(path);
  await removeUnneeded(paths.staging, needed);
  if (needed.isWhole)
    for (const folder of [paths.layers, paths.packed, paths.files]) await removeUnneeded(folder, needed);
}

async function collectMachine(state: string, vm: string, runs: number | undefined, needed: Needed): Promise<void> {
  const { folder, generations, former, first } = instancePaths(state, vm);
  await removeTemporary(folder);
  const found = await ifReadable(readIfInstalled(state, vm));
  if (found === 'damaged') {
    for (const name of (await namesIn(generations)).filter((each) => /^\d+$/.test(each)))
      await needed.generation(vm, Number(name));
    for (const id of await snapshotIds(state, vm)) await needed.snapshot(vm, id);
    return;
  }
  const kept = new Set([found?.current.generation, found?.former, runs]);
  for (const name of await namesIn(generations))
    if (!kept.has(Number(name))) await removeFolder(join(generations, name));
  for (const generation of kept) if (generation !== undefined) await needed.generation(vm, generation);
  await settleSnapshots(state, vm);
  for (const id of await snapshotIds(state, vm)) await needed.snapshot(vm, id);
  if (!found) return;
  await settle(state, found, { former, first });
  if (await isLocked(state, vm)) await removeUnneeded(lockedLayers(state, vm).folder, needed);
  await forgetRemoved(state, vm);
}

async function settle(
  state: string,
  { file: { vm }, current, former: kept }: Instance,
  { former, first }: { former: string; first: string },
): Promise<void> {
  await settleFormer(state, vm, current.generation);
  await settleRolledBack(state, vm, current.generation);
  if (kept === undefined) await removeFile(former);
  await removeFile(first);
}

/** The files that something names. */
class Needed {
  readonly #state: string;
  readonly #paths = new Set<string>();
  /** Whether all that names files could be read. */
  isWhole = true;

  constructor(state: string) {
    this.#state = state;
  }

  add(path: string): void {
    this.#paths.add(path);
  }

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  async generation(vm: string, generation: number): Promise<void> {
    await this.reading(async () => this.#machine(vm, await readGeneration(this.#state, vm, generation)));
  }

  async snapshot(vm: string, id: string): Promise<void> {
    const { generation } = snapshotPaths(this.#state, vm, id);
    await this.reading(async () => this.#machine(vm, await readState(generation, GenerationFile)));
  }

  /** Until its own layers are all written, those in clear and those that are packed are needed for it. */
  async #locked(vm: string, layers: readonly LayerEntry[]): Promise<void> {
    const own = await chainIn(lockedLayers(this.#state, vm), layers);
    for (const path of own) this.add(path);
    const isWritten = !(await Promise.all(own.map(isThere))).includes(false);
    if (isWritten) return;
    for (const path of await chainFiles(this.#state, layers)) this.add(path);
    for (const { blob } of layers) this.add(packedPath(this.#state, blob));
  }

  async reading(work: () => Promise<void>): Promise<void> {
    if ((await ifReadable(work())) === 'damaged') this.isWhole = false;
  }

  async #machine(vm: string, { machine }: GenerationFile): Promise<void> {
    if (await isLocked(this.#state, vm)) await this.#locked(vm, machine.layers);
    else for (const file of await chainFiles(this.#state, machine.layers)) this.add(file);
    for (const { sha256 } of bootFiles(machine)) this.add(filePath(this.#state, sha256));
  }
}

async function ifReadable<T>(work: Promise<T>): Promise<T | 'damaged'> {
  try {
    return await work;
  } catch (error) {
    if (isDamage(error)) return 'damaged';
    throw error;
  }
}

async function removeUnneeded(folder: string, needed: Needed): Promise<void> {
  for (const path of (await namesIn(folder)).map((name) => join(folder, name)))
    if (!needed.has(path)) await removeFile(path);
}
