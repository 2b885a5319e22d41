import { join } from 'node:path';
import { flattenChain, LONGEST_CHAIN } from '../../layer/chain/flatten-chain.ts';
import { type NormaliseOptions, normalise } from '../../layer/chain/normalise.ts';
import { type Described, describeLayer } from '../../layer/describe/describe.ts';
import { LayerEntry, MAX_LAYERS } from '../../layer/entry.ts';
import { makeIndex } from '../../layer/index/base-index.ts';
import type { Mode } from '../../layer/modes.ts';
import { AppError } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { noSteps, type Steps } from '../../lib/steps.ts';
import { vmPaths } from '../../project/layout.ts';
import { standOnReleases, standsOnFiles } from '../../project/snapshots/standing.ts';
import { fileBytes, moveFile, readCapped, removeFile, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder, namesIn, removeTemporary } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { qemuImg, qemuImgVersion } from '../../sys/programs/qemu-img.ts';
import { blobName } from '../blob-file.ts';

const MAX_ENTRY_BYTES = 256 << 10;

export interface ReleaseOptions {
  /** The folder of published packages, whose `blobs/` receives the new layer. */
  repository: string;
  mode: Mode;
  signal?: AbortSignal;
  /** Told how much of the new layer is packed, in bytes of its file. */
  onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** Told of a new release, once it stands. */
  onReleased?: (released: Released) => void;
  steps?: Steps;
}

/** A layer that was made: what became of its blocks (layer §4), what it costs, and how long each stage took. */
export interface Released {
  release: number;
  layerBytes: number;
  blobBytes: number;
  blocks: Described['stats'];
  milliseconds: { normalise: number; describe: number; index: number };
}

/**
 * Makes what was changed on a machine’s working disk its next release layer and gives all its layers, bottom first.
 * A crash at any point leaves a disk with the same contents, and running again ends what was begun.
 * @throws DISK_INVALID, LAYER_*, DISK_FULL, INTERRUPTED, PROGRAM_FAILED (the disk is in use)
 */
export async function releaseDisk(folder: string, vm: string, options: ReleaseOptions): Promise<LayerEntry[]> {
  const { work, releases } = vmPaths(folder, vm);
  const { signal, steps = noSteps } = options;
  await makeFolder(releases);
  const entries = await readReleases(releases);
  const number = entries.length + 1;
  if (number > MAX_LAYERS)
    throw new AppError('LAYER_TOO_LARGE', `${vm} has had ${entries.length} releases, and can have no more`);
  const below = await shortChain(releases, entries.length, signal);
  const layer = layerFile(releases, number);
  await removeFile(layer);
  const started = performance.now();
  // A snapshot’s disks are not part of it: the layer is made on the newest one, whatever the working disk stands on.
  const standsOn = await standsOnFiles(folder, vm, 'work');
  const made = await normalise({ work, below, standsOn, out: layer, ...(signal ? { signal } : {}) });
  if (!made) return entries;
  await steps('layer');
  const normaliseMs = performance.now() - started;
  const { entry, ...packed } = await packLayer(releases, entries, below, options);
  await writeFileAtomic(entryFile(releases, number), `${JSON.stringify(entry)}\n`);
  await steps('entry');
  // From here on the release stands; the working disk says the same as it and is made empty above it.
  const fresh = temporaryBeside(work);
  await qemuImg(['create', '-q', '-f', 'qcow2', fresh, `${made.virtualBytes}`]);
  await standOnReleases(folder, vm);
  await steps('standing');
  await moveFile(fresh, work);
  await steps('work');
  const milliseconds = { normalise: normaliseMs, ...packed.milliseconds };
  const [layerBytes, blobBytes] = [entry.bytes, entry.blob.bytes];
  options.onReleased?.({ release: number, layerBytes, blobBytes, blocks: packed.blocks, milliseconds });
  return [...entries, entry];
}

/**
 * The files that the releases so far are read from, bottom first. Where they are too many, one is made of them, and those that
 * it stands for go: their blobs are what packages carry.
 */
async function shortChain(releases: string, count: number, signal: AbortSignal | undefined): Promise<string[]> {
  const files = await chainOf(releases, count);
  if (files.length <= LONGEST_CHAIN) return files;
  const flat = flatFile(releases, count);
  await flattenChain(files, flat, { signal });
  for (const file of files) await removeFile(file);
  return [flat];
}

/** One file in place of the lowest, where there is one, and the layers above it. */
async function chainOf(releases: string, count: number): Promise<string[]> {
  const flat = newestFlat(await namesIn(releases), count);
  const above = Array.from({ length: count - flat }, (_none, at) => layerFile(releases, flat + at + 1));
  return flat > 0 ? [flatFile(releases, flat), ...above] : above;
}

/** The highest release that a flattened file reaches up to, or 0. */
function newestFlat(names: readonly string[], count: number): number {
  const flats = names.map((name) => Number(/^(\d+)\.flat\.qcow2$/.exec(name)?.[1] ?? 0));
  return Math.max(0, ...flats.filter((number) => number <= count));
}

async function packLayer(
  releases: string,
  entries: readonly LayerEntry[],
  below: readonly string[],
  options: ReleaseOptions,
): Promise<{ entry: LayerEntry; blocks: Described['stats']; milliseconds: { describe: number; index: number } }> {
  const { repository, mode, signal, onProgress, steps = noSteps } = options;
  const layer = layerFile(releases, entries.length + 1);
  const blobs = join(repository, 'blobs');
  await makeFolder(blobs);
  const out = temporaryBeside(join(blobs, 'layer'));
  const index = indexFile(releases, entries.length);
  const totalBytes = await fileBytes(layer);
  const progress = onProgress && ((done: number) => onProgress(Math.round(done * totalBytes), totalBytes));
  const started = performance.now();
  const described = await describeLayer({ layer, below, index, mode, out, signal, onProgress: progress });
  const describedAt = performance.now();
  await steps('described');
  await moveFile(out, join(repository, blobName(described.blob.sha256)));
  await steps('blob');
  await makeIndex({ below: [...below, layer], previous: index, out: indexFile(releases, entries.length + 1), signal });
  await steps('index');
  const milliseconds = { describe: describedAt - started, index: performance.now() - describedAt };
  const entry = LayerEntry.parse({
    ...described.layer,
    below: entries.map(({ sha256 }) => sha256),
    qemu: await qemuImgVersion({ signal }),
    blob: { ...described.blob, mode },
  });
  return { entry, blocks: described.stats, milliseconds };
}

/** The layers of a machine so far, bottom first. @throws PROJECT_INVALID when one is damaged or missing */
async function readReleases(releases: string): Promise<LayerEntry[]> {
  const names = new Set(await namesIn(releases));
  const flat = newestFlat([...names], MAX_LAYERS);
  const entries: LayerEntry[] = [];
  for (let number = 1; names.has(`${number}.json`); number += 1) {
    const bytes = await readCapped(entryFile(releases, number), MAX_ENTRY_BYTES);
    const { success, data } = LayerEntry.safeParse(jsonOrNothing(bytes.toString('utf8')));
    if (!success || (number > flat && !names.has(`${number}.qcow2`)))
      throw new AppError('PROJECT_INVALID', `release ${number} in ${releases} is damaged`);
    entries.push(data);
  }
  return entries;
}

/** What the releases of a machine are, bottom first. @throws PROJECT_INVALID */
export function releaseEntries(folder: string, vm: string): Promise<LayerEntry[]> {
  return readReleases(vmPaths(folder, vm).releases);
}

/** Removes what making a release left that did not come to its end: it goes by its entry, which comes last. @throws PROJECT_INVALID */
export async function removeUnreleased(releases: string): Promise<void> {
  const { length } = await readReleases(releases);
  await removeTemporary(releases);
  const names = await namesIn(releases);
  const flat = newestFlat(names, length);
  for (const name of names) {
    const [, digits, kind] = /^(\d+)\.(flat\.qcow2|qcow2|index)$/.exec(name) ?? [];
    const number = Number(digits ?? 0);
    // What the newest flattened file stands for goes with it.
    const isStoodFor = kind !== 'index' && (kind === 'qcow2' ? number <= flat : number < flat);
    if (digits !== undefined && (number > length || isStoodFor)) await removeFile(join(releases, name));
  }
}

/** What the working disk of a machine is compared with to know what no release has; what it stands on may be others. @throws PROJECT_INVALID, VM_FILE_MISSING */
export async function workOf(folder: string, vm: string): Promise<Omit<NormaliseOptions, 'signal'>> {
  return {
    work: vmPaths(folder, vm).work,
    below: await releaseLayers(folder, vm),
    standsOn: await standsOnFiles(folder, vm, 'work'),
  };
}

/** The files that the working disk of a machine stands on, bottom first. @throws PROJECT_INVALID, VM_FILE_MISSING */
export async function layersBelowWork(folder: string, vm: string): Promise<string[]> {
  return (await standsOnFiles(folder, vm, 'work')) ?? releaseLayers(folder, vm);
}

/** The layer files of a machine as they lie in the project, bottom first. */
export async function releaseLayers(folder: string, vm: string): Promise<string[]> {
  const { releases } = vmPaths(folder, vm);
  return chainOf(releases, (await readReleases(releases)).length);
}

function layerFile(releases: string, number: number): string {
  return join(releases, `${number}.qcow2`);
}

/** One file in place of the layers up to this release. */
function flatFile(releases: string, number: number): string {
  return join(releases, `${number}.flat.qcow2`);
}

function entryFile(releases: string, number: number): string {
  return join(releases, `${number}.json`);
}

function indexFile(releases: string, number: number): string {
  return join(releases, `${number}.index`);
}
