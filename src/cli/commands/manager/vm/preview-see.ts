import { resolve } from 'node:path';
import type { Command } from 'commander';
import { runningSockets } from '../../../../manager/machines/running-sockets.ts';
import { connectUnix } from '../../../../sys/network/sockets.ts';
import { addCommand } from '../../../program.ts';
import { atConsole } from '../../../terminal/console.ts';
import { viewScreen } from '../../../terminal/view.ts';

const CONNECT_MS = 5000;

interface RunningOptions {
  directory: string;
  run: string;
}

/** `view` and `console` of a machine that is in preview or powered on. */
export function addPreviewSeeCommands(program: Command): void {
  addCommand<RunningOptions>(
    program,
    'view <vm>',
    'show the screen of a machine in preview or powered on (as root), without sound: the page that runs a machine plays it (`lazaret-manager ui`)',
    async (context, { directory, run }, vm = '') => {
      const { vnc } = await runningSockets(resolve(directory), vm, resolve(run));
      await viewScreen(context, vm, () => connectUnix(vnc, CONNECT_MS, context.signal));
    },
  ).option('--run <dir>', 'where its sockets are', '/run/lazaret');
  addCommand<RunningOptions>(
    program,
    'console <vm>',
    'open its serial console (as root); Ctrl-] leaves it',
    async (context, { directory, run }, vm = '') => {
      const { console } = await runningSockets(resolve(directory), vm, resolve(run));
      await atConsole(context, vm, await connectUnix(console, CONNECT_MS, context.signal));
    },
  ).option('--run <dir>', 'where its sockets are', '/run/lazaret');
}
