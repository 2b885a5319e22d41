import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { EXPORT_FORMATS, type ExportFormat, exportMachine } from '../../../../manager/machines/export-machine.ts';
import { addCommand } from '../../../program.ts';
import { print } from '../../../terminal/print.ts';

interface ExportOptions {
  directory: string;
  format: ExportFormat;
  out?: string;
}

export function addVmExportCommand(vm: Command): void {
  addCommand<ExportOptions>(
    vm,
    'export <name>',
    'write a machine for other programs: its system disk as it is, in an OVA with its hardware',
    async (context, { directory, format, out }, name = '') => {
      const to = resolve(out ?? `${name}.${format}`);
      await exportMachine(directory, name, { to, format, signal: context.signal });
      print(context, { vm: name, format, path: to }, `wrote ${to}`);
    },
  )
    .addOption(new Option('--format <format>', 'what it becomes').choices(EXPORT_FORMATS).default('ova'))
    .option('--out <file>', 'where; without it NAME.ova or NAME.qcow2 in this folder');
}
