import { join } from 'node:path';
import { AppError } from '../lib/errors.ts';
import { vmPaths } from '../project/layout.ts';
import {
  makeFolder,
  moveFile,
  namesIn,
  readCapped,
  removeFile,
  temporaryBeside,
  writeFileAtomic,
} from '../sys/files.ts';
import { qemuImg } from '../sys/qemu-img.ts';
import { blobName } from './files.ts';
import { makeIndex } from './layer/base-index.ts';
import { describeLayer } from './layer/describe.ts';
import { LayerEntry } from './layer/entry.ts';
import type { Mode } from './layer/modes.ts';
import { normalise } from './layer/normalise.ts';

const MAX_ENTRY_BYTES = 64 << 10;

export interface ReleaseOptions {
  /** The folder of published packages, whose `blobs/` receives the new layer. */
  repository: string;
  mode: Mode;
  signal?: AbortSignal;
  onProgress?: (done: number) => void;
}

/**
 * Makes what was changed on a machine’s working disk its next release layer and gives all its layers, bottom first.
 * A crash at any point leaves a disk with the same contents, and running again ends what was begun.
 * @throws DISK_INVALID, LAYER_*, DISK_FULL, INTERRUPTED, PROGRAM_FAILED (the disk is in use)
 */
export async function releaseDisk(folder: string, vm: string, options: ReleaseOptions): Promise<LayerEntry[]> {
  const { work, releases } = vmPaths(folder, vm);
  const { signal } = options;
  await makeFolder(releases);
  const entries = await readReleases(releases);
  const below = entries.map((_entry, index) => layerFile(releases, index + 1));
  const number = entries.length + 1;
  const layer = layerFile(releases, number);
  await removeFile(layer);
  const made = await normalise({ work, below, out: layer, ...(signal ? { signal } : {}) });
  if (!made) return entries;
  const entry = await packLayer(releases, entries, below, options);
  await writeFileAtomic(entryFile(releases, number), `${JSON.stringify(entry)}\n`);
  // From here on the release stands; the working disk says the same as it and is made empty above it.
  const fresh = temporaryBeside(work);
  await qemuImg(['create', '-q', '-f', 'qcow2', fresh, `${made.virtualBytes}`]);
  await moveFile(fresh, work);
  return [...entries, entry];
}

async function packLayer(
  releases: string,
  entries: readonly LayerEntry[],
  below: readonly string[],
  options: ReleaseOptions,
): Promise<LayerEntry> {
  const { repository, mode, signal, onProgress } = options;
  const layer = layerFile(releases, entries.length + 1);
  const blobs = join(repository, 'blobs');
  await makeFolder(blobs);
  const out = temporaryBeside(join(blobs, 'layer'));
  const index = indexFile(releases, entries.length);
  const described = await describeLayer({ layer, below, index, mode, out, signal, onProgress });
  await moveFile(out, join(repository, blobName(described.blob.sha256)));
  await makeIndex({ below: [...below, layer], previous: index, out: indexFile(releases, entries.length + 1), signal });
  return LayerEntry.parse({
    ...described.layer,
    below: entries.map(({ sha256 }) => sha256),
    blob: { ...described.blob, mode },
  });
}

/** The layers of a machine so far, bottom first. @throws PROJECT_INVALID when one is damaged or missing */
async function readReleases(releases: string): Promise<LayerEntry[]> {
  const names = new Set(await namesIn(releases));
  const entries: LayerEntry[] = [];
  for (let number = 1; names.has(`${number}.json`); number += 1) {
    const bytes = await readCapped(entryFile(releases, number), MAX_ENTRY_BYTES);
    const { success, data } = LayerEntry.safeParse(JSON.parse(bytes.toString('utf8')));
    if (!success || !names.has(`${number}.qcow2`))
      throw new AppError('PROJECT_INVALID', `release ${number} in ${releases} is damaged`);
    entries.push(data);
  }
  return entries;
}

/** What the releases of a machine are, bottom first. @throws PROJECT_INVALID */
export function releaseEntries(folder: string, vm: string): Promise<LayerEntry[]> {
  return readReleases(vmPaths(folder, vm).releases);
}

/** The layer files of a machine as they lie in the project, bottom first: what its working disk stands on. */
export async function releaseLayers(folder: string, vm: string): Promise<string[]> {
  const { releases } = vmPaths(folder, vm);
  return (await readReleases(releases)).map((_entry, index) => layerFile(releases, index + 1));
}

function layerFile(releases: string, number: number): string {
  return join(releases, `${number}.qcow2`);
}

function entryFile(releases: string, number: number): string {
  return join(releases, `${number}.json`);
}

function indexFile(releases: string, number: number): string {
  return join(releases, `${number}.index`);
}
