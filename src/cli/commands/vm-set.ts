import { type Command, Option } from 'commander';
import { AppError } from '../../lib/errors.ts';
import { vmNamed } from '../../project/open.ts';
import { saveVmFile, withProject } from '../../project/save.ts';
import type { VmFile } from '../../project/schema.ts';
import { mebibytes, memory, wholeNumber } from '../arguments.ts';
import { print } from '../print.ts';
import { addCommand } from '../program.ts';

interface HardwareChange {
  memory?: number;
  cpus?: number;
  dataDisk?: number;
  firmware?: 'bios' | 'uefi';
  append?: string;
}

/** `vm set`: a machine’s hardware; what is not named stays as it is. */
export function addVmSetCommand(vm: Command): void {
  addCommand<HardwareChange & { directory: string }>(
    vm,
    'set <name>',
    'change a machine’s hardware; users get it with the next package that has the machine',
    async (context, { directory, ...change }, name = '') => {
      const file = await withProject(directory, async (project) => {
        const found = vmNamed(project, name);
        const changed = changedHardware(found.file.value, change);
        await saveVmFile(found, changed);
        return changed;
      });
      const { memoryMiB, cpus, firmware, dataDiskMiB } = file;
      const data = dataDiskMiB === undefined ? '' : `, data disk of ${dataDiskMiB} MiB`;
      print(context, { vm: name, ...file }, `${name}: ${memoryMiB} MiB, ${cpus} cpu, ${firmware}${data}`);
    },
  )
    .option('--memory <size>', 'memory such as 2G; a bare number counts MiB', memory)
    .option('--cpus <n>', 'processors', wholeNumber)
    .option('--data-disk <size>', 'add a data disk such as 4G', mebibytes)
    .addOption(new Option('--firmware <kind>', 'how it starts').choices(['bios', 'uefi']))
    .option('--append <text>', 'the command line of its kernel, where it starts one directly');
}

/** @throws USAGE when something is asked for that cannot be changed */
function changedHardware(before: VmFile, change: HardwareChange): VmFile {
  const { memory: memoryMiB, cpus, dataDisk, firmware, append } = change;
  const isEmpty = [memoryMiB, cpus, dataDisk, firmware, append].every((value) => value === undefined);
  if (isEmpty) throw new AppError('USAGE', 'no change was named');
  const after: VmFile = {
    ...before,
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(dataDisk === undefined ? {} : { dataDiskMiB: dataDisk }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(append === undefined ? {} : { append }),
  };
  if (before.dataDiskMiB !== undefined && dataDisk !== undefined)
    throw new AppError('USAGE', 'it has a data disk already, whose size stays: users have such disks already');
  if (before.firmware === 'direct' && firmware !== undefined)
    throw new AppError('USAGE', 'a machine that starts a kernel directly cannot change its firmware: add it anew');
  return after;
}
