import { resolve } from 'node:path';
import type { Command } from 'commander';
import { GUEST_TOOLS } from '../../guest/tool-files.ts';
import { copyFileTo } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { print } from '../print.ts';
import { addCommand } from '../program.ts';

const MAX_TOOL_BYTES = 1 << 20;

export function addGuestToolsCommand(program: Command): void {
  addCommand<{ out: string }>(
    program,
    'guest-tools',
    'write what goes into a Linux guest',
    async (context, { out }) => {
      await makeFolder(resolve(out));
      for (const { name, path } of GUEST_TOOLS) await copyFileTo(path, resolve(out, name), MAX_TOOL_BYTES);
      print(
        context,
        { folder: resolve(out), files: GUEST_TOOLS.map(({ name }) => name) },
        `in the guest, as root: sh ${out}/install.sh`,
      );
    },
  ).requiredOption('--out <dir>', 'the folder that receives them');
}
