import { createHash } from 'node:crypto';
import { dataBelow, systemBelow } from '../../install/snapshots/snapshots.ts';
import { type GenerationFile, type Instance, readGeneration } from '../../install/state/instances.ts';
import { filePath, generationPaths, instancePaths } from '../../install/state/layout.ts';
import { chainIn, commonLayers, lockedLayers } from '../../install/state/machine/chain.ts';
import { CONFIGURATION } from '../../install/state/machine/configuration.ts';
import { readHardware } from '../../install/state/machine/hardware.ts';
import { AppError } from '../../lib/errors.ts';
import type { MachineSpec } from '../../run/machine/spec.ts';
import { fileBytes } from '../../sys/files/files.ts';
import { requireUefiFirmware } from '../../sys/files/uefi-firmware.ts';
import { LUKS_BYTES } from '../../sys/secrets/luks.ts';
import { savedPlace } from './suspended.ts';

/** Eight hexadecimal digits that are this machine’s alone on this computer, the same at every start. */
export function machineId({ file }: Pick<Instance, 'file'>): string {
  return createHash('sha256').update(file.uuid).digest('hex').slice(0, 8);
}

interface Which {
  generation: number;
  /** Its disks are encrypted. */
  isLocked: boolean;
}

/** How to start an installed machine in one of its generations. @throws FILE_* when the generation cannot be read, FIRMWARE_MISSING */
export async function installedSpec(
  state: string,
  instance: Instance,
  runFolder: string,
  { generation, isLocked }: Which,
): Promise<MachineSpec> {
  const { file } = instance;
  const { machine } = await readGeneration(state, file.vm, generation);
  const paths = generationPaths(state, file.vm, generation);
  const { memoryMiB, cpus } = (await readHardware(state, file.vm, generation)) ?? machine;
  return {
    id: machineId(instance),
    name: file.vm,
    ...(file.owner === undefined ? {} : { owner: file.owner }),
    number: file.number,
    uuid: file.uuid,
    mac: file.mac,
    ...{ memoryMiB, cpus },
    ...(machine.hardware === undefined ? {} : { hardware: machine.hardware }),
    ...(machine.clock === undefined ? {} : { clock: machine.clock }),
    ...(machine.processor === undefined ? {} : { processor: machine.processor }),
    files: {
      layers: [
        ...(await chainIn(isLocked ? lockedLayers(state, file.vm) : commonLayers(state), machine.layers)),
        ...(await systemBelow(state, file.vm, generation)),
      ],
      overlay: paths.overlay,
      ...(machine.dataDiskMiB === undefined
        ? {}
        : { data: instancePaths(state, file.vm).data, dataLayers: await dataBelow(state, file.vm) }),
      ...(isLocked ? { isLocked } : {}),
      ...(machine.tpm === undefined ? {} : { tpm: paths.tpm }),
      firmware: await firmwareOf(state, machine, { variables: paths.variables, isLocked }),
    },
    ...(machine.devices === undefined ? {} : { devices: machine.devices }),
    logPath: paths.log,
    runFolder,
    saved: savedPlace(state, file.vm, generation),
    namesPath: instancePaths(state, file.vm).names,
    keptFiles: CONFIGURATION,
    mode: 'installed',
    generation,
  };
}

async function firmwareOf(
  state: string,
  machine: GenerationFile['machine'],
  { variables, isLocked }: { variables: string; isLocked: boolean },
): Promise<MachineSpec['files']['firmware']> {
  switch (machine.firmware) {
    case 'bios':
      return { kind: 'bios' };
    case 'uefi': {
      const bytes = (await fileBytes(variables)) - (isLocked ? LUKS_BYTES : 0);
      const isSecure = machine.secureBoot === true;
      const { code } = await requireUefiFirmware({ isSecure, templateBytes: bytes });
      return { kind: 'uefi', code, variables, isSecure };
    }
    case 'direct': {
      const { boot } = machine;
      if (!boot) throw new AppError('VM_UNSUPPORTED', `${machine.name} starts without firmware, but has no kernel`);
      const initrd = boot.initrd ? { initrd: filePath(state, boot.initrd.sha256) } : {};
      return { kind: 'direct', kernel: filePath(state, boot.kernel.sha256), append: boot.append, ...initrd };
    }
  }
}
