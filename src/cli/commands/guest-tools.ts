import { resolve } from 'node:path';
import type { Command } from 'commander';
import { writeGuestTools } from '../../guest/tool-files.ts';
import { print } from '../print.ts';
import { addCommand } from '../program.ts';

export function addGuestToolsCommand(program: Command): void {
  addCommand<{ out: string }>(
    program,
    'guest-tools',
    'write what goes into a Linux guest',
    async (context, { out }) => {
      const files = await writeGuestTools(resolve(out));
      print(context, { folder: resolve(out), files }, `in the guest, as root: sh ${out}/install.sh`);
    },
  ).requiredOption('--out <dir>', 'the folder that receives them');
}
