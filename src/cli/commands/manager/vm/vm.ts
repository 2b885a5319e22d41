import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { AppError } from '../../../../lib/errors.ts';
import { addMachine, removeMachine, seedOf } from '../../../../manager/machines/machines.ts';
import { DISK_FORMATS, type DiskFormat } from '../../../../project/image/known.ts';
import type { ProjectVm } from '../../../../project/open.ts';
import { Firmware, USUAL_SIZE } from '../../../../project/schema.ts';
import { mebibytes, memory, wholeNumber } from '../../../arguments.ts';
import { addCommand } from '../../../program.ts';
import { isConfirmedByName } from '../../../terminal/confirm.ts';
import { print, printStep } from '../../../terminal/print.ts';
import { addVmDeviceCommands } from './vm-device.ts';
import { addVmExportCommand } from './vm-export.ts';
import { addFrom, copyLine, HOW_IT_STARTS, seedText } from './vm-from.ts';
import { addKindOptions, addVmSetCommand, type KindOptions, kindsGiven } from './vm-set.ts';
import { addVmShowCommands } from './vm-show.ts';
import { addVmSnapshotCommands } from './vm-snapshot.ts';

interface Located {
  directory: string;
}

interface AddOptions extends Located, KindOptions {
  disk?: string;
  from?: string;
  cloudInit?: string;
  dryRun?: boolean;
  diskFormat?: DiskFormat;
  memory?: number;
  cpus?: number;
  dataDisk?: number;
  firmware?: ProjectVm['file']['value']['firmware'];
  kernel?: string;
  initrd?: string;
  append?: string;
}

export function addVmCommands(program: Command): void {
  const vm = program.command('vm').description('the project’s machines');

  const add = addCommand<AddOptions>(
    vm,
    'add <name>',
    'add a machine from a disk image',
    async (context, options, name = '') => {
      if (options.from !== undefined) return addFrom(context, options, { name, from: options.from });
      const { disk, diskFormat, kernel, initrd, append } = options;
      if (disk === undefined) throw new AppError('USAGE', 'say which disk with --disk, or which machine with --from');
      if (options.dryRun) throw new AppError('USAGE', '--dry-run goes with --from');
      const wanted = {
        memoryMiB: options.memory ?? USUAL_SIZE.memoryMiB,
        cpus: options.cpus ?? USUAL_SIZE.cpus,
        ...kindsGiven(options),
        ...(options.firmware === undefined ? {} : { firmware: options.firmware }),
        ...(options.dataDisk === undefined ? {} : { dataDiskMiB: options.dataDisk }),
        ...(append === undefined ? {} : { append }),
      };
      const boot =
        kernel === undefined
          ? {}
          : { boot: { kernel: resolve(kernel), ...(initrd === undefined ? {} : { initrd: resolve(initrd) }) } };
      const seed = await seedOf(name, options.cloudInit);
      const format = diskFormat === undefined ? {} : { diskFormat };
      const { signal } = context;
      const { hardware, ...added } = await addMachine(options.directory, {
        ...{ name, hardware: wanted, disk: resolve(disk), ...format, ...boot, ...seed, signal },
        onBytes: copyLine(context)(name),
      });
      for (const warning of added.warnings) printStep(context, `warning: ${name}: ${warning}`);
      print(
        context,
        { vm: name, ...hardware, ...added },
        `added ${name}, which ${HOW_IT_STARTS[added.firmware]}${seedText(name, options.cloudInit)}`,
      );
    },
  )
    .option('--disk <file>', 'its system disk: qcow2, raw, VMDK, VDI, VHDX or VHD')
    .option('--from <file>', 'a machine of another program: .ova, .ovf, .vmx, .vbox or libvirt’s XML; or its disk')
    .option(
      '--cloud-init <file>',
      'of a cloud image: what its cloud-init sets up when it is first powered on; guest tools too',
    )
    .option('--dry-run', 'with --from: say what becomes of the machine, and add nothing')
    .addOption(
      new Option('--disk-format <format>', 'the disk’s format; without it, Lazaret finds it out').choices(DISK_FORMATS),
    )
    .option(
      '--memory <size>',
      'memory such as 2G; a bare number counts MiB; without it 1G, or what --from says',
      memory,
    )
    .option('--cpus <n>', 'processors; without it 1, or what --from says', wholeNumber)
    .option('--data-disk <size>', 'a second disk such as 4G, the user’s own: no package ever replaces it', mebibytes)
    .addOption(
      new Option('--firmware <kind>', 'how it starts; without it, the disk’s partitions decide').choices(
        Firmware.options,
      ),
    )
    .option('--kernel <file>', 'start this kernel, without firmware')
    .option('--initrd <file>', 'with --kernel: its initial file system')
    .option('--append <text>', 'with --kernel: its command line');
  addKindOptions(add);

  addVmShowCommands(vm);
  addVmSetCommand(vm);
  addVmDeviceCommands(vm);
  addVmExportCommand(vm);
  addVmSnapshotCommands(vm);

  addCommand<Located & { yes?: boolean }>(
    vm,
    'remove <name>',
    'remove a machine and its disks from the project',
    async (context, { directory, yes }, name = '') => {
      const ask = (loss: string) => isConfirmedByName(context, loss, [name]);
      await removeMachine(directory, name, yes === true ? undefined : ask);
      print(context, { vm: name, removed: true }, `removed ${name}`);
    },
  ).option('--yes', 'go on although all of it is gone for good');
}
