import { extname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { EXPORT_FORMATS } from '../../../../api/manager/jobs.ts';
import { formatBytes } from '../../../../lib/bytes.ts';
import { AppError } from '../../../../lib/errors.ts';
import { type ExportFormat, type ExportNews, exportMachine } from '../../../../manager/machines/export-machine.ts';
import { addCommand } from '../../../program.ts';
import { print } from '../../../terminal/print.ts';
import { progressLine } from '../../../terminal/progress.ts';

interface ExportOptions {
  directory: string;
  format?: ExportFormat;
  out?: string;
}

export function addVmExportCommand(vm: Command): void {
  addCommand<ExportOptions>(
    vm,
    'export <name>',
    'write a machine for other programs: its system disk as it is, in an OVA with its hardware',
    async (context, { directory, out, ...options }, name = '') => {
      const format = options.format ?? (out === undefined ? 'ova' : formatNamed(out));
      const to = resolve(out ?? `${name}.${format}`);
      const line = progressLine(context);
      const tell = (news: ExportNews) =>
        line.show(`${news.kind} ${'file' in news ? news.file : name}`, news.doneBytes, news.totalBytes);
      const { bytes } = await exportMachine(directory, name, { to, format, signal: context.signal, tell });
      print(context, { vm: name, format, path: to, bytes }, `wrote ${to}, ${formatBytes(bytes)}`);
    },
  )
    .addOption(
      new Option('--format <format>', 'what it becomes; without it what the name of the file says, or an OVA').choices(
        EXPORT_FORMATS,
      ),
    )
    .option('--out <file>', 'where; without it NAME.ova or NAME.qcow2 in this folder');
}

/** What a file by its name is to become. @throws USAGE where the name is of something else */
function formatNamed(file: string): ExportFormat {
  const ending = extname(file).toLowerCase();
  const format = EXPORT_FORMATS.find((each) => ending === `.${each}`);
  if (format) return format;
  throw new AppError('USAGE', `${file} says by its name neither of ${EXPORT_FORMATS.join(', ')}: say --format`);
}
