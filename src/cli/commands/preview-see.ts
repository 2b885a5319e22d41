import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../lib/errors.ts';
import { projectMachineId } from '../../manager/machines/project-machine.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { machineSockets, readRecord } from '../../run/machine/record.ts';
import { connectUnix } from '../../sys/network/sockets.ts';
import { atConsole } from '../console.ts';
import { addCommand, requireRoot } from '../program.ts';
import { viewScreen } from '../view.ts';

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
    'show the screen of a machine in preview or powered on (as root)',
    async (context, options, vm = '') => {
      const { vnc } = await socketsOf(options, vm);
      await viewScreen(context, vm, () => connectUnix(vnc, CONNECT_MS, context.signal));
    },
  ).option('--run <dir>', 'where its sockets are', '/run/lazaret');
  addCommand<RunningOptions>(
    program,
    'console <vm>',
    'open its serial console (as root); Ctrl-] leaves it',
    async (context, options, vm = '') => {
      const { console } = await socketsOf(options, vm);
      await atConsole(context, vm, await connectUnix(console, CONNECT_MS, context.signal));
    },
  ).option('--run <dir>', 'where its sockets are', '/run/lazaret');
}

/** @throws ROOT_NEEDED, VM_UNKNOWN, VM_NOT_RUNNING */
async function socketsOf({ directory, run }: RunningOptions, name: string): Promise<ReturnType<typeof machineSockets>> {
  requireRoot('seeing a machine in preview');
  const vm = vmNamed(await openProject(resolve(directory)), name);
  const runFolder = join(resolve(run), projectMachineId(vm).id);
  if (!(await readRecord(runFolder)))
    throw new AppError('VM_NOT_RUNNING', `${name} runs neither in preview nor powered on`);
  return machineSockets(runFolder);
}
