import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { AppError } from '../lib/errors.ts';
import { blobName, unpackFile } from '../package/files.ts';
import type { LayerEntry } from '../package/layer/entry.ts';
import { rebuildLayer } from '../package/layer/rebuild.ts';
import type { PackageManifest, PackedFile, PackedMachine } from '../package/manifest.ts';
import type { OpenedPackage } from '../package/open.ts';
import { below, fetchFile } from '../sys/fetch.ts';
import { copyFileTo, isThere, makeFolder, moveFolder, removeFile, removeFolder, replaceLink } from '../sys/files.ts';
import { makeDiskOnce, qemuImg } from '../sys/qemu-img.ts';
import { type InstanceFile, readInstances, writeDescriptor, writeState } from './instances.ts';
import { computerPaths, filePath, generationPaths, instancePaths, layerPath } from './layout.ts';
import type { InstallPlan } from './plan.ts';

const MIB = 1 << 20;
const FETCH_MS = 6 * 3_600_000;
/** The firmware’s own settings, which each generation gets afresh. */
const UEFI_VARIABLES = '/usr/share/OVMF/OVMF_VARS_4M.fd';
const UEFI_VARIABLES_MAX_BYTES = 1 << 20;

export interface ApplyOptions {
  state: string;
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
 * Carries out a plan. Everything new is complete and on disk before a machine’s `current` link is switched, one step a
 * machine; whenever this stops, each machine has its old state or its new one.
 * @throws FETCH_*, LAYER_*, TRUST_DIGEST, DISK_FULL, INTERRUPTED
 */
export async function applyPlan(plan: InstallPlan, opened: OpenedPackage, options: ApplyOptions): Promise<void> {
  const paths = computerPaths(options.state);
  for (const folder of [paths.layers, paths.files, paths.staging, paths.instances]) await makeFolder(folder, 0o700);
  const work = new Staging(plan, opened.source, options);
  for (const file of plan.files) await work.file(file);
  for (const layer of plan.layers) await work.layer(layer);
  for (const { machine, action } of plan.machines) {
    if (action === 'keep') continue;
    options.signal?.throwIfAborted();
    await switchMachine(options.state, opened.manifest.value, machine);
    work.report('switch', machine.name);
  }
}

class Staging {
  readonly #plan: InstallPlan;
  readonly #source: URL;
  readonly #options: ApplyOptions;
  #doneBytes = 0;

  constructor(plan: InstallPlan, source: URL, options: ApplyOptions) {
    this.#plan = plan;
    this.#source = source;
    this.#options = options;
  }

  async file(file: PackedFile): Promise<void> {
    const path = await this.#fetch(file.blob);
    await unpackFile(path, file, filePath(this.#options.state, file.sha256));
    await removeFile(path);
  }

  async layer(layer: LayerEntry): Promise<void> {
    const { state, signal } = this.#options;
    const beneath = layer.below.map((sha256) => layerPath(state, sha256));
    for (const path of beneath) {
      if (!(await isThere(path)))
        throw new AppError('LAYER_BASE_MISSING', 'a layer that this update builds on is not installed here');
    }
    const path = await this.#fetch(layer.blob);
    this.report('rebuild', layer.sha256.slice(0, 12));
    const out = layerPath(state, layer.sha256);
    await rebuildLayer({ blob: path, below: beneath, expected: layer, out, ...(signal ? { signal } : {}) });
    await removeFile(path);
  }

  report(step: Progress['step'], what: string): void {
    this.#options.onProgress?.({ step, what, doneBytes: this.#doneBytes, totalBytes: this.#plan.fetchBytes });
  }

  async #fetch(blob: { bytes: number; sha256: string }): Promise<string> {
    const { state, signal } = this.#options;
    const path = join(computerPaths(state).staging, `${blob.sha256}.part`);
    await removeFile(path);
    this.report('fetch', blob.sha256.slice(0, 12));
    const options = { maxBytes: blob.bytes, timeoutMs: FETCH_MS, ...(signal ? { signal } : {}) };
    try {
      await fetchFile(below(this.#source, blobName(blob.sha256)), path, options);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'FETCH_MISSING')) throw error;
      const message = 'the package lacks a part that is not installed here either';
      throw new AppError('LAYER_BASE_MISSING', message, { cause: error });
    }
    this.#doneBytes += blob.bytes;
    return path;
  }
}

async function switchMachine(state: string, manifest: PackageManifest, machine: PackedMachine): Promise<void> {
  const { generation, project, policyServer } = manifest;
  const instance = instancePaths(state, machine.name);
  await makeFolder(instance.generations, 0o700);
  if (!(await isThere(instance.file))) await writeState(instance.file, await newInstance(state, machine));
  if (machine.dataDiskMiB !== undefined) await makeDiskOnce(instance.data, machine.dataDiskMiB * MIB);
  const target = generationPaths(state, machine.name, generation);
  // A generation that no link names yet is what an interrupted installation left.
  await removeFolder(target.folder);
  const beside = `${target.folder}.tmp`;
  await removeFolder(beside);
  await makeFolder(beside, 0o700);
  // It names no layer below: whoever opens it says which (layer §1.3).
  await qemuImg([
    'create',
    '-q',
    '-f',
    'qcow2',
    join(beside, 'overlay.qcow2'),
    `${machine.layers.at(-1)?.virtualBytes}`,
  ]);
  if (machine.firmware === 'uefi')
    await copyFileTo(UEFI_VARIABLES, join(beside, 'variables.fd'), UEFI_VARIABLES_MAX_BYTES);
  await writeState(join(beside, 'generation.json'), {
    format: 1,
    generation,
    package: manifest.name,
    project,
    ...(policyServer === undefined ? {} : { policyServer }),
    machine,
  });
  await moveFolder(beside, target.folder);
  await writeDescriptor(state, machine.name, generation, machine.descriptor);
  await replaceLink(instance.current, join('generations', `${generation}`));
}

async function newInstance(state: string, { name, id }: PackedMachine): Promise<InstanceFile> {
  const taken = new Set((await readInstances(state)).map(({ file }) => file.number));
  let number = 0;
  while (taken.has(number)) number += 1;
  const mac = ['52', '54', '00', ...[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
  return { format: 1, vm: name, vmId: id, number, mac, uuid: randomUUID() };
}
