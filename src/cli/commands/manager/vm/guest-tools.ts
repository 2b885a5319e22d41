import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { TOOL_FORMATS, writeGuestTools, writeGuestToolsFile } from '../../../../guest/tool-files.ts';
import { addCommand } from '../../../program.ts';
import { print } from '../../../terminal/print.ts';

interface ToolsOptions {
  out: string;
  format: 'folder' | (typeof TOOL_FORMATS)[number];
}

/** What is to be done with each. */
const NEXT: Record<ToolsOptions['format'], (out: string) => string> = {
  folder: (out) => `in the guest, as root: sh ${out}/install.sh`,
  iso: (out) => `put ${out} into the machine’s drive: README.txt on it says what to run`,
  tar: (out) => `in the guest, as root: tar -xf ${out} && sh lazaret-guest/install.sh`,
  deb: (out) => `in the guest, as root: dpkg -i ${out}`,
};

export function addGuestToolsCommand(program: Command): void {
  addCommand<ToolsOptions>(
    program,
    'guest-tools',
    'write what goes into a guest: for Linux a folder, an archive or a package; for Windows and Linux the image of a CD',
    async (context, { out, format }) => {
      const path = resolve(out);
      if (format === 'folder') {
        const files = await writeGuestTools(path);
        print(context, { folder: path, files }, NEXT.folder(out));
        return;
      }
      await writeGuestToolsFile(path, format);
      print(context, { file: path, format }, NEXT[format](out));
    },
  )
    .requiredOption('--out <path>', 'the folder or file that is made')
    .addOption(new Option('--format <format>', 'what is made').choices(['folder', ...TOOL_FORMATS]).default('folder'));
}
