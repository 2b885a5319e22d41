import { flattenChain, LONGEST_CHAIN } from '../../../layer/chain/flatten-chain.ts';
import type { LayerEntry } from '../../../layer/entry.ts';
import { rebuildLayer } from '../../../layer/rebuild/rebuild.ts';
import { AppError } from '../../../lib/errors.ts';
import { requireGoing } from '../../../lib/interrupted.ts';
import type { Steps } from '../../../lib/steps.ts';
import { blobName, unpackFile } from '../../../package/blob-file.ts';
import type { PackageManifest } from '../../../package/manifest.ts';
import type { OpenedPackage } from '../../../package/open.ts';
import type { PackedFile } from '../../../package/packed-file.ts';
import { digestFile, fileBytes, isThere, moveFile, removeFile } from '../../../sys/files/files.ts';
import { makeFolder } from '../../../sys/files/folders.ts';
import { completeFile } from '../../../sys/sources/download.ts';
import type { Source } from '../../../sys/sources/source.ts';
import type { InstallPlan } from '../../plan/plan.ts';
import { finishSnapshotWork } from '../../snapshots/snapshot-work.ts';
import { raiseFloor } from '../../state/floor.ts';
import { writeHostPolicy } from '../../state/host-policy.ts';
import { computerPaths, filePath, flatPath, layerPath, packedPath } from '../../state/layout.ts';
import { requireChain } from '../../state/machine/chain.ts';
import { forgetDamaged, proven } from '../../state/machine/proven.ts';
import { notePackageServer } from '../../state/package-server.ts';
import { writePolicy } from '../../state/policies.ts';
import { writeResources } from '../../state/resources.ts';
import { readOrigin, writeOrigin } from '../../state/wanted.ts';
import { baseMissing, fileBlob, layerBlob, type Part } from '../carried.ts';
import type { StagingShare } from './staging.ts';
import { broughtPolicy, mendMachine, type NewOwner, switchMachine } from './switch.ts';

const FETCH_MS = 6 * 3_600_000;

export interface ApplyOptions {
  state: string;
  /** Keeps the former systems of the machines, to be rolled back to. */
  keepOld: boolean;
  /** Whose new machines are to be. */
  owner?: NewOwner;
  /** The trusted time in milliseconds. */
  now: number;
  steps: Steps;
  staging: StagingShare;
  /** Is called when all is here, before anything of the computer is changed. */
  onReady: () => Promise<void>;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** How far an installation is, in bytes of blobs. */
export interface Progress {
  step: 'fetch' | 'rebuild' | 'switch';
  what: string;
  doneBytes: number;
  totalBytes: number;
}

/**
 * Brings all that a plan needs to this computer, however long its source takes. No machine changes by it, and what came
 * before it stopped is there for the next attempt.
 * @throws FETCH_*, LAYER_*, TRUST_DIGEST, DISK_FULL, INTERRUPTED
 */
export async function stagePlan(plan: InstallPlan, opened: OpenedPackage, options: ApplyOptions): Promise<void> {
  const paths = computerPaths(options.state);
  for (const folder of [paths.layers, paths.packed, paths.files, paths.staging, paths.instances])
    await makeFolder(folder, 0o700);
  await options.staging.want(plan);
  const { steps } = options;
  const work = new Bringing(plan, opened, options);
  for (const file of plan.files) {
    await work.file(file);
    await steps(`file ${file.sha256}`);
  }
  for (const layer of plan.layers) {
    await work.layer(layer);
    await steps(`layer ${layer.sha256}`);
  }
}

/**
 * Carries out a plan whose layers and files are all here. A machine’s `current` link is switched as one step; whenever this
 * stops, each machine has its old state or its new one.
 * @throws DISK_FULL, INTERRUPTED
 */
export async function applyPlan(plan: InstallPlan, manifest: PackageManifest, options: ApplyOptions): Promise<void> {
  const { steps, signal, onProgress } = options;
  requireGoing(signal);
  await options.onReady();
  await steps('project');
  if (manifest.resources) await writeResources(options.state, manifest.generation, manifest.resources);
  await steps('resources');
  await raiseFloor(options.state, manifest.minGeneration ?? 0);
  await steps('floor');
  await writeHostPolicy(options.state, plan.host, plan.generation, options.now);
  await steps('host policy');
  for (const { machine, action, keepsSystem } of plan.machines) {
    if (action === 'keep' || action === 'refuse') continue;
    requireGoing(signal);
    await finishSnapshotWork(options.state, machine.name);
    if (keepsSystem) await mendMachine(manifest, machine, options);
    else await switchMachine(manifest, machine, { ...options, isDamaged: action === 'mend' });
    onProgress?.({ step: 'switch', what: machine.name, doneBytes: plan.fetchBytes, totalBytes: plan.fetchBytes });
  }
  for (const { action, document } of plan.policies) {
    if (action !== 'apply') continue;
    await writePolicy(options.state, document.vm, broughtPolicy(manifest, document));
    await steps(`${document.vm}: policy`);
  }
  await notePackageServer(options.state, manifest);
  await options.staging.complete();
}

/** Whether another installation brought it meanwhile. */
async function isHere(state: string, sha256: string, path: string): Promise<boolean> {
  return (await isThere(path)) && !(await proven(state)).isDamaged(sha256);
}

/** What is made again was found damaged before, and goes. */
async function makeAgain(state: string, sha256: string, paths: readonly string[]): Promise<void> {
  if (!(await proven(state)).isDamaged(sha256)) return;
  for (const path of paths) await removeFile(path);
}

class Bringing {
  readonly #plan: InstallPlan;
  readonly #source: Source;
  readonly #options: ApplyOptions;
  readonly #isFull: boolean;
  #doneBytes = 0;
  #flat: string | undefined;

  constructor(plan: InstallPlan, { source, manifest }: OpenedPackage, options: ApplyOptions) {
    this.#plan = plan;
    this.#source = source;
    this.#isFull = manifest.value.kind === 'full';
    this.#options = options;
  }

  async file(file: PackedFile): Promise<void> {
    const { state } = this.#options;
    const out = filePath(state, file.sha256);
    // One that somebody changed on this computer is not what it is called.
    if ((await isHere(state, file.sha256, out)) && (await digestFile(out)).sha256 === file.sha256) return;
    const path = await this.#fetch(fileBlob(file));
    await removeFile(out);
    await unpackFile(path, file, out);
    await forgetDamaged(state, [file.sha256]);
    await removeFile(path);
  }

  async layer(layer: LayerEntry): Promise<void> {
    const { state, signal } = this.#options;
    if (this.#plan.packed.has(layer.sha256)) return this.#keepPacked(layer);
    const out = layerPath(state, layer.sha256);
    if (await isHere(state, layer.sha256, out)) return;
    const beneath = await this.#beneath(layer);
    const path = await this.#fetch(layerBlob(layer));
    this.report('rebuild', layer.sha256.slice(0, 12));
    if (!(await isHere(state, layer.sha256, out))) {
      await makeAgain(state, layer.sha256, [out, flatPath(state, layer.sha256)]);
      await rebuildLayer({ blob: path, below: beneath, expected: layer, out, ...(signal ? { signal } : {}) });
      await forgetDamaged(state, [layer.sha256]);
    }
    await removeFile(path);
  }

  async #keepPacked(layer: LayerEntry): Promise<void> {
    const path = await this.#fetch(layerBlob(layer));
    if ((await digestFile(path, this.#options.signal)).sha256 !== layer.blob.sha256)
      throw new AppError('LAYER_HASH', 'the blob is not the signed one');
    await moveFile(path, packedPath(this.#options.state, layer.blob));
  }

  /** What a layer is rebuilt on; a chain that is too long to be read is made one file first. */
  async #beneath({ below }: LayerEntry): Promise<string[]> {
    const { state, signal } = this.#options;
    const files = await requireChain(
      state,
      below.map((sha256) => ({ sha256 })),
    );
    const newest = below.at(-1);
    if (files.length <= LONGEST_CHAIN || newest === undefined) return files;
    const flat = flatPath(state, newest);
    await flattenChain(files, flat, { signal });
    // The one before was for this installation alone.
    if (this.#flat !== undefined) await removeFile(this.#flat);
    this.#flat = flat;
    return [flat];
  }

  report(step: 'fetch' | 'rebuild', what: string): void {
    this.#options.onProgress?.({ step, what, doneBytes: this.#doneBytes, totalBytes: this.#plan.fetchBytes });
  }

  async #fetch({ what, blob }: Part): Promise<string> {
    const { signal, steps, staging } = this.#options;
    const { part, origin } = staging.part(blob.sha256);
    const isContinued = (await isThere(part)) && (await fileBytes(part)) > 0;
    const before = this.#doneBytes;
    const options = {
      ...{ maxBytes: blob.bytes, timeoutMs: FETCH_MS, tag: await readOrigin(origin, this.#source.name) },
      ...(signal ? { signal } : {}),
      onTag: async (tag: string | undefined) => {
        await writeOrigin(origin, this.#source.name, tag);
        await steps(`origin ${blob.sha256}`);
      },
      onBytes: (bytes: number) => {
        this.#doneBytes = before + bytes;
        this.report('fetch', blob.sha256.slice(0, 12));
      },
    };
    try {
      await completeFile(this.#source, blobName(blob.sha256), part, options);
      if (isContinued && (await digestFile(part, signal)).sha256 !== blob.sha256) {
        // What was there was of another version, or was lost with the power: once more from the start.
        await removeFile(part);
        await completeFile(this.#source, blobName(blob.sha256), part, { ...options, tag: undefined });
      }
      await removeFile(origin);
      await steps(`blob ${blob.sha256}`);
    } catch (error) {
      const isMissing = error instanceof AppError && error.code === 'FETCH_MISSING';
      // A full package carries all of its files: where one is refused it is the server, not the package, that lacks it.
      if (!isMissing || this.#isFull) throw error;
      throw baseMissing(what, error);
    }
    this.#doneBytes = before + blob.bytes;
    return part;
  }
}
