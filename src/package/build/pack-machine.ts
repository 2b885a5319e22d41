import { join } from 'node:path';
import type { Mode } from '../../layer/modes.ts';
import { AppError } from '../../lib/errors.ts';
import type { Steps } from '../../lib/steps.ts';
import { packedKinds } from '../../project/hardware-kind.ts';
import { projectPaths, vmPaths } from '../../project/layout.ts';
import type { Project, ProjectVm } from '../../project/open.ts';
import { finishSnapshotWork } from '../../project/snapshots/work.ts';
import { isThere } from '../../sys/files/files.ts';
import { takeLock } from '../../sys/files/lock.ts';
import { packFile } from '../blob-file.ts';
import type { PackedMachine } from '../manifest.ts';
import { policyDocument } from './publish-policies.ts';
import { type Released, releaseDisk } from './releases.ts';

export interface PackOptions {
  mode: Mode;
  signal?: AbortSignal;
  onProgress?: (vm: string, doneBytes: number, totalBytes: number) => void;
  onReleased?: (vm: string, released: Released) => void;
  steps?: Steps;
}

/** Makes what was changed in a machine its next release, and describes the machine. @throws VM_RUNNING, and as releaseDisk */
export async function packMachine(
  project: Project,
  vm: ProjectVm,
  serial: number,
  { mode, signal, onProgress, onReleased, steps }: PackOptions,
): Promise<PackedMachine> {
  const repository = projectPaths(project.folder).packages;
  const paths = vmPaths(project.folder, vm.name);
  await using lock = await takeLock(join(paths.folder, '.lock'));
  if (!lock) throw new AppError('VM_RUNNING', `${vm.name} is powered on or in preview`);
  await finishSnapshotWork(project.folder, vm.name);
  const layers = await releaseDisk(project.folder, vm.name, {
    repository,
    mode,
    ...(signal ? { signal } : {}),
    ...(steps ? { steps } : {}),
    onProgress: (doneBytes, totalBytes) => onProgress?.(vm.name, doneBytes, totalBytes),
    onReleased: (released) => onReleased?.(vm.name, released),
  });
  const { id, memoryMiB, cpus, firmware, append, dataDiskMiB, devices } = vm.file.value;
  const { descriptor } = vm.state;
  const boot = firmware === 'direct' && {
    kernel: await packFile(paths.kernel, repository),
    ...((await isThere(paths.initrd)) ? { initrd: await packFile(paths.initrd, repository) } : {}),
    append: append ?? '',
  };
  return {
    ...{ name: vm.name, id, release: layers.length, memoryMiB, cpus, firmware, ...packedKinds(vm.file.value) },
    ...(boot ? { boot } : {}),
    layers,
    ...(dataDiskMiB === undefined ? {} : { dataDiskMiB }),
    ...(devices === undefined ? {} : { devices }),
    ...(descriptor === undefined ? {} : { descriptor }),
    policy: policyDocument(project, vm, serial),
  };
}
