import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseBytes } from '../../lib/bytes.ts';
import { DISK_FORMATS, type DiskFormat } from '../../project/disk-import.ts';
import { addVm, removeVm } from '../../project/make.ts';
import { openProject, type ProjectVm, vmNamed } from '../../project/open.ts';
import { withProject } from '../../project/save.ts';
import { Firmware } from '../../project/schema.ts';
import { wholeNumber } from '../arguments.ts';
import { print, table } from '../print.ts';
import { addCommand } from '../program.ts';

interface Located {
  directory: string;
}

interface AddOptions extends Located {
  disk: string;
  diskFormat?: DiskFormat;
  memory: number;
  cpus: number;
  dataDisk?: number;
  firmware?: ProjectVm['file']['value']['firmware'];
  kernel?: string;
  initrd?: string;
  append?: string;
}

export function addVmCommands(program: Command): void {
  const vm = program.command('vm').description('the project’s machines');

  addCommand<AddOptions>(vm, 'add <name>', 'add a machine from a disk image', async (context, options, name = '') => {
    const { disk, diskFormat, kernel, initrd, append } = options;
    const firmware = options.firmware ?? (kernel === undefined ? 'bios' : 'direct');
    const hardware = {
      memoryMiB: options.memory,
      cpus: options.cpus,
      firmware,
      ...(options.dataDisk === undefined ? {} : { dataDiskMiB: options.dataDisk }),
      ...(append === undefined ? {} : { append }),
    };
    const boot =
      kernel === undefined
        ? {}
        : { boot: { kernel: resolve(kernel), ...(initrd === undefined ? {} : { initrd: resolve(initrd) }) } };
    const format = diskFormat === undefined ? {} : { diskFormat };
    await withProject(options.directory, (project) =>
      addVm(project, { name, hardware, disk: resolve(disk), ...format, ...boot }),
    );
    print(context, { vm: name, ...hardware }, `added ${name}`);
  })
    .requiredOption('--disk <file>', 'its system disk: qcow2, raw, VMDK, VDI or VHDX')
    .addOption(new Option('--disk-format <format>', 'instead of finding it out').choices(DISK_FORMATS))
    .option('--memory <mib>', 'memory in MiB', wholeNumber, 1024)
    .option('--cpus <n>', 'processors', wholeNumber, 1)
    .option('--data-disk <size>', 'a second disk such as 4G, the user’s own: no package ever replaces it', mebibytes)
    .addOption(new Option('--firmware <kind>', 'how it starts').choices(Firmware.options))
    .option('--kernel <file>', 'start this kernel, without firmware')
    .option('--initrd <file>', 'with --kernel: its initial file system')
    .option('--append <text>', 'with --kernel: its command line');

  addCommand<Located>(vm, 'list', 'list the machines', async (context, { directory }) => {
    const { vms } = await openProject(directory);
    const rows = vms.map(({ name, file: { value }, policy }) => [
      name,
      `${value.memoryMiB} MiB`,
      `${value.cpus} cpu`,
      value.firmware,
      policy.value.quarantine.type,
    ]);
    print(context, vms.map(summary), rows.length > 0 ? table(rows) : 'the project has no machine yet');
  });

  addCommand<Located>(vm, 'show <name>', 'show a machine', async (context, { directory }, name = '') => {
    const found = summary(vmNamed(await openProject(directory), name));
    print(context, found, JSON.stringify(found, undefined, 2));
  });

  addCommand<Located>(
    vm,
    'remove <name>',
    'remove a machine and its disks from the project',
    async (context, { directory }, name = '') => {
      await withProject(directory, (project) => removeVm(project, vmNamed(project, name).name));
      print(context, { vm: name, removed: true }, `removed ${name}`);
    },
  );
}

function summary({ name, file, policy, state }: ProjectVm) {
  const { format: _format, ...hardware } = file.value;
  return {
    vm: name,
    ...hardware,
    policy: policy.value,
    ...(state.descriptor === undefined ? {} : { descriptor: state.descriptor }),
  };
}

function mebibytes(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined || bytes % 2 ** 20 !== 0)
    throw new InvalidArgumentError(`${text} is no size such as 512M or 4G`);
  return bytes / 2 ** 20;
}
