import { join } from 'node:path';
import { layersBelowWork } from '../../package/build/releases.ts';
import { kindsOf } from '../../project/hardware-kind.ts';
import { vmPaths } from '../../project/layout.ts';
import type { Project, ProjectVm } from '../../project/open.ts';
import { standsOnFiles } from '../../project/snapshots/standing.ts';
import type { MachineSpec, RunMode } from '../../run/machine/spec.ts';
import { fileBytes, isThere } from '../../sys/files/files.ts';
import { makeUefiVariables, requireUefiFirmware } from '../../sys/files/uefi-firmware.ts';
import { makeDiskOnce } from '../../sys/programs/qemu-img.ts';
import { projectMachineId } from './project-machine.ts';

interface Run {
  number: number;
  runRoot: string;
  mode: RunMode;
  disc: string | undefined;
  seed: string | undefined;
}

/** What starting a project’s machine needs to know; its data disk and its firmware’s variables are made where they are not there yet. */
export async function machineSpec(
  project: Project,
  vm: ProjectVm,
  { number, runRoot, mode, disc, seed }: Run,
): Promise<MachineSpec> {
  const { id: uuid, memoryMiB, cpus, dataDiskMiB, devices, tpm } = vm.file.value;
  const paths = vmPaths(project.folder, vm.name);
  if (dataDiskMiB !== undefined) await makeDiskOnce(paths.data, dataDiskMiB * 2 ** 20);
  const dataLayers = dataDiskMiB === undefined ? undefined : await standsOnFiles(project.folder, vm.name, 'data');
  const { id, mac } = projectMachineId(vm);
  return {
    ...{ id, mac, name: vm.name, number, uuid, memoryMiB, cpus, mode, ...kindsOf(vm.file.value) },
    files: {
      layers: await layersBelowWork(project.folder, vm.name),
      overlay: paths.work,
      ...(dataDiskMiB === undefined ? {} : { data: paths.data }),
      ...(dataLayers === undefined ? {} : { dataLayers }),
      ...(disc === undefined ? {} : { disc }),
      ...(seed === undefined ? {} : { seed }),
      ...(tpm === true ? { tpm: paths.tpm } : {}),
      firmware: await firmwareOf(vm, paths),
    },
    ...(devices === undefined ? {} : { devices }),
    saved: { note: paths.suspended, memory: paths.memory },
    logPath: join(paths.folder, 'qemu.log'),
    runFolder: join(runRoot, id),
  };
}

async function firmwareOf(
  { file }: ProjectVm,
  paths: ReturnType<typeof vmPaths>,
): Promise<MachineSpec['files']['firmware']> {
  switch (file.value.firmware) {
    case 'bios':
      return { kind: 'bios' };
    case 'uefi': {
      const isSecure = file.value.secureBoot === true;
      // Each has its own: keys that are in them stay in them.
      const variables = isSecure ? paths.secureVariables : paths.variables;
      if (!(await isThere(variables))) await makeUefiVariables(variables, { isSecure });
      const { code } = await requireUefiFirmware({ isSecure, templateBytes: await fileBytes(variables) });
      return { kind: 'uefi', code, variables, isSecure };
    }
    case 'direct': {
      const initrd = (await isThere(paths.initrd)) ? { initrd: paths.initrd } : {};
      return { kind: 'direct', kernel: paths.kernel, append: file.value.append ?? '', ...initrd };
    }
  }
}
