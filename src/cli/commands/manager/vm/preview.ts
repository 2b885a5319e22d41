import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type MachineNews, type RunOptions, runProjectMachine } from '../../../../manager/machines/run-machine.ts';
import type { RunningMachine } from '../../../../run/machine/machine.ts';
import { machineSockets } from '../../../../run/machine/record.ts';
import { addCommand, type Context } from '../../../program.ts';
import { failureText, print, printStep } from '../../../terminal/print.ts';
import { DEFAULT_WAIT, waitMs } from '../../../wait.ts';

interface PreviewOptions {
  directory: string;
  run: string;
  accel: RunOptions['accel'];
  resolver?: string[];
  wait: string;
  discard?: boolean;
  guestTools?: boolean;
}

export function addPreviewCommands(program: Command): void {
  const options = (command: Command) =>
    command
      .option('--run <dir>', 'where the running machine’s sockets go', '/run/lazaret')
      .addOption(new Option('--accel <kind>', 'how its processor runs').choices(['auto', 'kvm', 'tcg']).default('auto'))
      .option('--resolver <address...>', 'DNS servers, instead of this computer’s')
      .option('--wait <duration>', 'how long to wait until its guest has its address', DEFAULT_WAIT)
      .option('--guest-tools', 'put the CD with the guest tools into a drive of its own')
      .option('--discard', 'boot it although it is suspended: what is in its memory is lost');
  options(
    addCommand<PreviewOptions>(
      program,
      'power-on <vm>',
      'run the project’s machine without policies (as root)',
      (context, given, vm = '') => run(context, given, vm, 'free'),
    ),
  );
  options(
    addCommand<PreviewOptions>(
      program,
      'preview <vm>',
      'run the project’s machine under its policies, as users will see it (as root)',
      (context, given, vm = '') => run(context, given, vm, 'preview'),
    ),
  );
}

/** Runs a machine of the project until its guest shuts down; Ctrl-C leaves it. */
async function run(context: Context, options: PreviewOptions, vm: string, mode: RunOptions['mode']): Promise<void> {
  const { directory, run: runRoot, accel, resolver, wait, discard = false, guestTools = false } = options;
  const { signal } = context;
  const wanted = { mode, runRoot, accel, discard, guestTools, readyMs: waitMs(wait), signal };
  const others = resolver ? { resolvers: resolver } : {};
  await runProjectMachine(resolve(directory), vm, { ...wanted, ...others }, (news) => printNews(context, vm, news));
}

function printNews(context: Context, vm: string, news: MachineNews): void {
  const step = stepText(vm, news);
  if (step !== undefined) printStep(context, step);
  if (news.kind === 'started' && !context.json) print(context, undefined, startedText(news.machine));
  if (news.kind === 'awaited' && context.json) {
    const { machine } = news;
    print(context, { ...machine.report(), sockets: machineSockets(machine.spec.runFolder) }, '');
  }
}

function stepText(vm: string, news: MachineNews): string | undefined {
  switch (news.kind) {
    case 'starting':
      return `starting ${vm}`;
    case 'event':
      return `${news.event.at}  ${news.event.kind}  ${news.event.text}`;
    case 'started':
      return undefined;
    case 'awaited':
      if (news.failure) return failureText(news.failure);
      return news.isReady ? `${vm} is ready: its guest has its address` : undefined;
    case 'stopping':
      return `${vm} is asked to shut down; if it does not, it is powered off in 30 s`;
    case 'suspending':
      return `the memory of ${vm} is saved`;
    case 'stopped':
      return news.isSuspended ? `${vm} is suspended: its next start goes on where it was` : `${vm} has stopped`;
  }
}

function startedText(machine: RunningMachine): string {
  const { access, reason, message } = machine.report();
  const { vnc, console } = machineSockets(machine.spec.runFolder);
  const lines = [
    `${machine.spec.name} is running with ${access} access: ${reason}`,
    ...(message === undefined ? [] : [message]),
  ];
  const { name } = machine.spec;
  return [
    ...lines,
    `screen (VNC)  ${vnc}  lazaret-manager view ${name}`,
    `console       ${console}  lazaret-manager console ${name}`,
    machine.spec.mode === 'preview' ? 'Ctrl-C suspends it' : 'Ctrl-C shuts it down',
  ].join('\n');
}
