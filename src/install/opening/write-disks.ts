import { copyBlocks } from '../../layer/locked/copy.ts';
import { rebuildLayer } from '../../layer/rebuild/rebuild.ts';
import { AppError } from '../../lib/errors.ts';
import { noSteps, type Steps } from '../../lib/steps.ts';
import { isThere, moveFile, removeFile } from '../../sys/files/files.ts';
import { makeFolder, removeFolder } from '../../sys/files/folders.ts';
import { createFile, withScratch } from '../../sys/files/new-file.ts';
import { makeUefiVariables } from '../../sys/files/uefi-firmware.ts';
import { makeDiskOnce } from '../../sys/programs/qemu-img.ts';
import { isLocked, requireOpens } from '../../sys/secrets/locked-blocks.ts';
import { tpmKey } from '../../sys/secrets/tpm-form.ts';
import { bringTpmState } from '../../sys/secrets/tpm-state.ts';
import { type GenerationFile, type Instance, readGeneration } from '../state/instances.ts';
import { generationPaths, instancePaths, packedPath } from '../state/layout.ts';
import { chainIn, commonLayers, type LayerStore, lockedLayers, usedIn } from '../state/machine/chain.ts';
import { keepEmptyDisk } from './empty-disks.ts';
import { requireRoomForDisks } from './room-for-disks.ts';

const MIB = 1 << 20;

/** How a machine was opened: what its disks are, or are to be, encrypted with, and whether they are to be. */
export interface Opened {
  /** Opens all of its disks; without it they lie in clear. */
  diskKey?: string;
  encrypts: boolean;
}

interface WriteOptions {
  signal?: AbortSignal;
  steps?: Steps;
}

/**
 * Brings all disks of an opened machine into the form that its policy wants: those that an installation could not write, for it has
 * no key, and those that still lie in the other form, the data disk and the former system’s too. What has it already is only looked at.
 * Killed at any step, each file is of the old form or the new one, and the next opening goes on.
 * @throws KEY_DAMAGED, LAYER_*, STATE_DAMAGED, DISK_FULL, FIRMWARE_MISSING, INTERRUPTED
 */
export async function writeDisks(instance: Instance, opened: Opened, options: WriteOptions = {}): Promise<void> {
  // Neither encrypted nor to be: all of it was written when it was installed.
  if (opened.diskKey === undefined) return;
  const { state, current, former, file } = instance;
  const { steps = noSteps } = options;
  const generations = [current];
  if (former !== undefined) generations.push(await readGeneration(state, file.vm, former));
  await requireRoomForDisks(instance, generations, opened.encrypts);
  const writing = new Writing(instance, opened, options);
  for (const generation of generations) await writing.generation(generation);
  await writing.data(current);
  for (const { generation } of generations) await removeFile(generationPaths(state, file.vm, generation).unwritten);
  await steps('written');
  const empties = await emptiesOf(instance, generations);
  if (opened.encrypts) {
    for (const { disk, empty } of empties) {
      await keepEmptyDisk(disk, empty, opened.diskKey);
      await steps(`kept ${empty}`);
    }
    return;
  }
  for (const { empty } of empties) await removeFile(empty);
  const { layers, keys } = instancePaths(state, file.vm);
  await removeFolder(layers);
  await steps('in clear');
  await removeFolder(keys);
}

/** The disks that the machine writes, and where an empty one for each is kept; those of systems last: with them all are there. */
async function emptiesOf(
  { state, file: { vm } }: Instance,
  generations: readonly GenerationFile[],
): Promise<{ disk: string; empty: string }[]> {
  const { data, emptyData } = instancePaths(state, vm);
  const systems = generations.map(({ generation }) => {
    const { overlay, emptyOverlay } = generationPaths(state, vm, generation);
    return { disk: overlay, empty: emptyOverlay };
  });
  return (await isThere(data)) ? [{ disk: data, empty: emptyData }, ...systems] : systems;
}

class Writing {
  readonly #state: string;
  readonly #vm: string;
  readonly #opened: Opened;
  readonly #signal: AbortSignal | undefined;
  readonly #steps: Steps;
  /** Where layers are to lie, and where they may lie as yet. */
  readonly #to: LayerStore;
  readonly #from: LayerStore;

  constructor({ state, file: { vm } }: Instance, opened: Opened, { signal, steps = noSteps }: WriteOptions) {
    const [locked, common] = [lockedLayers(state, vm), commonLayers(state)];
    this.#state = state;
    this.#vm = vm;
    this.#opened = opened;
    this.#signal = signal;
    this.#steps = steps;
    this.#to = opened.encrypts ? locked : common;
    this.#from = opened.encrypts ? common : locked;
  }

  async generation({ generation, machine }: GenerationFile): Promise<void> {
    const { overlay, variables, tpm, unwritten } = generationPaths(this.#state, this.#vm, generation);
    await this.#layers(machine.layers);
    const isNew = await isThere(unwritten);
    // What is made here holds nothing yet.
    if (isNew) await makeDiskOnce(overlay, machine.layers.at(-1)?.virtualBytes ?? 0);
    await this.#bring(overlay);
    if (machine.tpm) await bringTpmState(tpm, tpmKey(this.#opened.diskKey ?? ''), this.#opened.encrypts);
    if (machine.firmware !== 'uefi') return;
    if (isNew && !(await isThere(variables))) await makeVariables(variables, machine.secureBoot);
    await this.#bring(variables);
  }

  async data({ generation, machine }: GenerationFile): Promise<void> {
    const { data } = instancePaths(this.#state, this.#vm);
    const isNew = await isThere(generationPaths(this.#state, this.#vm, generation).unwritten);
    if (isNew && machine.dataDiskMiB !== undefined) await makeDiskOnce(data, machine.dataDiskMiB * MIB);
    if (await isThere(data)) await this.#bring(data);
  }

  async #layers(layers: GenerationFile['machine']['layers']): Promise<void> {
    await makeFolder(this.#to.folder, 0o700);
    await this.#flat(layers);
    for (const layer of await usedIn(this.#to, layers)) {
      const { sha256 } = layer;
      if ((await isThere(this.#to.flat(sha256))) || (await isThere(this.#to.layer(sha256)))) continue;
      await createdOnce(this.#to.layer(sha256), () => this.#layer(layer));
      await this.#steps(`layer ${sha256}`);
    }
  }

  /** One file in place of many layers stays one. */
  async #flat(layers: GenerationFile['machine']['layers']): Promise<void> {
    const [lowest] = await usedIn(this.#from, layers);
    if (!lowest || !(await isThere(this.#from.flat(lowest.sha256)))) return;
    const upTo = layers.slice(0, layers.indexOf(lowest) + 1);
    const used = await usedIn(this.#to, layers);
    const there = await Promise.all(
      upTo.filter((each) => used.includes(each)).map((each) => this.#isThere(each.sha256)),
    );
    if (!there.includes(false)) return;
    const [from, to] = [this.#from.flat(lowest.sha256), this.#to.flat(lowest.sha256)];
    await createdOnce(to, () => createFile(to, 0o444, (beside) => this.#copy(from, beside)));
    await this.#steps(`flat ${lowest.sha256}`);
  }

  async #isThere(sha256: string): Promise<boolean> {
    return (await isThere(this.#to.flat(sha256))) || (await isThere(this.#to.layer(sha256)));
  }

  async #layer(layer: GenerationFile['machine']['layers'][number]): Promise<void> {
    const out = this.#to.layer(layer.sha256);
    const other = this.#from.layer(layer.sha256);
    if (await isThere(other)) return createFile(out, 0o444, (beside) => this.#copy(other, beside));
    const blob = packedPath(this.#state, layer.blob);
    if (!(await isThere(blob)))
      throw new AppError('STATE_DAMAGED', `a layer of the system disk of ${this.#vm} is missing`, {
        details: { path: out },
      });
    const { diskKey, encrypts } = this.#opened;
    const below = await chainIn(
      this.#to,
      layer.below.map((sha256) => ({ sha256 })),
    );
    await rebuildLayer({
      ...{ blob, below, expected: layer, out },
      ...(encrypts ? { diskKey } : {}),
      ...(this.#signal ? { signal: this.#signal } : {}),
    });
  }

  /** A file that the machine writes. */
  async #bring(path: string): Promise<void> {
    const { diskKey = '', encrypts } = this.#opened;
    const isHere = isLocked(path);
    if (isHere) requireOpens(path, diskKey);
    if (isHere === encrypts) return;
    await withScratch(path, async (beside) => {
      await this.#copy(path, beside);
      await this.#steps(`copied ${path}`);
      await moveFile(beside, path);
    });
    await this.#steps(`moved ${path}`);
  }

  #copy(from: string, to: string): Promise<void> {
    const { diskKey, encrypts } = this.#opened;
    return copyBlocks({ from, to, ...(encrypts ? { toKey: diskKey } : { fromKey: diskKey }) }, this.#signal);
  }
}

async function makeVariables(path: string, isSecure: boolean | undefined): Promise<void> {
  await withScratch(path, async (beside) => {
    await makeUefiVariables(beside, { isSecure });
    await moveFile(beside, path);
  });
}

/** A file that all machines have in common may have come meanwhile. */
async function createdOnce(path: string, create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'FILE_EXISTS' && (await isThere(path)))) throw error;
  }
}
