import { type Command, Option } from 'commander';
import { changeHardware, type HardwareChange } from '../../manager/machines/machines.ts';
import { mebibytes, memory, wholeNumber } from '../arguments.ts';
import { print } from '../print.ts';
import { addCommand } from '../program.ts';

interface SetOptions {
  directory: string;
  memory?: number;
  cpus?: number;
  dataDisk?: number;
  firmware?: 'bios' | 'uefi';
  append?: string;
}

/** `vm set`: a machine’s hardware; what is not named stays as it is. */
export function addVmSetCommand(vm: Command): void {
  addCommand<SetOptions>(
    vm,
    'set <name>',
    'change a machine’s hardware; users get it with the next package that has the machine',
    async (context, options, name = '') => {
      const file = await changeHardware(options.directory, name, changeBy(options));
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

function changeBy({ memory: memoryMiB, cpus, dataDisk, firmware, append }: SetOptions): HardwareChange {
  return {
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(dataDisk === undefined ? {} : { dataDiskMiB: dataDisk }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(append === undefined ? {} : { append }),
  };
}
