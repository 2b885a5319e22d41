import { requirePowerOff } from '../../package/checks.ts';
import { vmPaths } from '../../project/layout.ts';
import { takeVmLock } from '../../project/make.ts';
import { vmNamed } from '../../project/open.ts';
import { saveVmFile, withProject } from '../../project/save.ts';
import type { VmFile } from '../../project/schema.ts';
import { moveFile, removeFile } from '../../sys/files/files.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { changedHardware, changeHardware, type HardwareChange, seedOf } from './machines.ts';

/** What of a machine changes; what is absent stays as it is. */
export interface MachineChange {
  hardware: HardwareChange;
  /** A file for cloud-init, which sets its system up at its next power-on; false takes away one that waits for that. */
  cloudInit?: string | false;
}

/**
 * Changes a machine’s hardware, and what sets it up: where the latter cannot be made, nothing. It is a medium, which nobody exchanges
 * under a guest.
 * @throws as changeHardware and readUserData; where it gets or loses a seed VM_RUNNING, VM_SUSPENDED, PROGRAM_*, DISK_FULL
 */
export async function changeMachine(
  folder: string,
  name: string,
  { hardware, cloudInit }: MachineChange,
): Promise<VmFile> {
  if (cloudInit === undefined) return changeHardware(folder, name, hardware);
  const { writeSeed } = await seedOf(name, cloudInit === false ? undefined : cloudInit);
  return withProject(folder, async (project) => {
    const found = vmNamed(project, name);
    const { seed, suspended } = vmPaths(project.folder, name);
    const isSame = Object.keys(hardware).length === 0;
    const changed = isSame ? found.file.value : changedHardware(found.file.value, hardware);
    await using _lock = await takeVmLock(project, name);
    await requirePowerOff(name, suspended);
    const beside = temporaryBeside(seed);
    try {
      await writeSeed?.(beside);
      if (!isSame) await saveVmFile(found, changed);
      if (writeSeed) await moveFile(beside, seed);
      else await removeFile(seed);
    } finally {
      await removeFile(beside);
    }
    return changed;
  });
}
