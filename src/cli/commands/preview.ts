import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { failureOf } from '../../lib/errors.ts';
import { projectMachineId } from '../../manager/machines/project-machine.ts';
import { PREVIEW_NUMBER, projectPlugins } from '../../manager/machines/project-plugins.ts';
import { lastSerial, policyDocument } from '../../package/build/publish-policies.ts';
import { releaseLayers } from '../../package/build/releases.ts';
import { vmPaths } from '../../project/layout.ts';
import { takeVmLock } from '../../project/make.ts';
import { openProject, type Project, type ProjectVm, vmNamed } from '../../project/open.ts';
import { saveState } from '../../project/save.ts';
import { openComputer } from '../../run/computer/computer.ts';
import { EventLog, type LoggedEvent } from '../../run/computer/events.ts';
import { startMachine } from '../../run/machine/lifecycle.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';
import { machineSockets } from '../../run/machine/record.ts';
import type { MachineSpec, RunDeps, RunMode } from '../../run/machine/spec.ts';
import { systemClock } from '../../sys/clock.ts';
import { copyFileTo, fileBytes, isThere } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { requireUefiFirmware } from '../../sys/files/uefi-firmware.ts';
import { openLog } from '../../sys/log.ts';
import { makeDiskOnce } from '../../sys/programs/qemu-img.ts';
import { print, printStep } from '../print.ts';
import { addCommand, type Context, requireRoot } from '../program.ts';
import { DEFAULT_WAIT, waitMs } from '../wait.ts';

const MAX_UEFI_VARIABLES_BYTES = 8 << 20;

interface RunOptions {
  directory: string;
  run: string;
  accel: 'auto' | 'kvm' | 'tcg';
  resolver?: string[];
  wait: string;
}

export function addPreviewCommands(program: Command): void {
  const options = (command: Command) =>
    command
      .option('--run <dir>', 'where the running machine’s sockets go', '/run/lazaret')
      .addOption(new Option('--accel <kind>', 'how its processor runs').choices(['auto', 'kvm', 'tcg']).default('auto'))
      .option('--resolver <address...>', 'DNS servers, instead of this computer’s')
      .option('--wait <duration>', 'how long to wait until its guest has its address', DEFAULT_WAIT);
  options(
    addCommand<RunOptions>(
      program,
      'power-on <vm>',
      'run the project’s machine without policies (as root)',
      (context, given, vm = '') => run(context, given, vm, 'free'),
    ),
  );
  options(
    addCommand<RunOptions>(
      program,
      'preview <vm>',
      'run the project’s machine under its policies, as users will see it (as root)',
      (context, given, vm = '') => run(context, given, vm, 'preview'),
    ),
  );
}

/** Runs a machine of the project until its guest shuts down; Ctrl-C shuts it down. */
async function run(
  context: Context,
  { directory, run: runRoot, accel, resolver, wait }: RunOptions,
  name: string,
  mode: RunMode,
): Promise<void> {
  requireRoot('running a machine under its rules');
  const timeoutMs = waitMs(wait);
  const project = await openProject(resolve(directory));
  const vm = vmNamed(project, name);
  const home = vmPaths(project.folder, name).folder;
  await using _lock = await takeVmLock(project, name);
  const files = { runRoot, accelFile: join(runRoot, 'accel.json') };
  await makeFolder(runRoot);
  const computer = await openComputer({ accel, ...files, ...(resolver ? { resolvers: resolver } : {}) });
  const spec = await specOf(project, vm, runRoot, mode);
  const log = openLog('lazaret-manager');
  const events = new EventLog(join(home, 'events.jsonl'), { log });
  const plugins = projectPlugins(project, join(home, 'plugin'));
  const deps: RunDeps = { computer, events, plugins, log, ...(await sources(project, vm)) };
  printStep(context, `starting ${name}`);
  const over = new AbortController();
  const telling = tell(context, events.follow(over.signal));
  const machine = await startMachine(spec, deps, context.signal);
  await machine.tellStarted();
  if (!context.json) print(context, undefined, started(machine));
  await tellWhenReady(context, machine, timeoutMs);
  if (context.json) print(context, { ...machine.report(), sockets: machineSockets(spec.runFolder) }, '');
  let failed: unknown;
  const stop = () =>
    machine.stop().catch((error: unknown) => {
      failed = error;
    });
  const shutDown = () => {
    printStep(context, `${name} is asked to shut down; if it does not, it is powered off in 30 s`);
    return stop();
  };
  if (context.signal.aborted) await shutDown();
  else context.signal.addEventListener('abort', () => void shutDown(), { once: true });
  await machine.ended;
  over.abort();
  await telling;
  if (failed !== undefined) throw failed;
  printStep(context, `${name} has stopped`);
}

/** Says what happens to the machine as it happens: access, reports of its guest, what was refused. */
async function tell(context: Context, events: AsyncIterable<LoggedEvent>): Promise<void> {
  for await (const { at, kind, text } of events) printStep(context, `${at}  ${kind}  ${text}`);
}

/** Waits until the guest has its address, and says so; a machine whose guest has none runs on, for its screen shows why. */
async function tellWhenReady(context: Context, machine: RunningMachine, timeoutMs: number): Promise<void> {
  const { name } = machine.spec;
  try {
    await machine.untilReady(timeoutMs, context.signal);
    printStep(context, `${name} is ready: its guest has its address`);
  } catch (error) {
    if (context.signal.aborted) return;
    const { code, reason, remedy } = failureOf(error);
    if (code !== 'VM_NOT_READY' && code !== 'VM_NOT_RUNNING') throw error;
    printStep(context, `${code}: ${reason}\n→ ${remedy}`);
  }
}

async function specOf(project: Project, vm: ProjectVm, runRoot: string, mode: RunMode): Promise<MachineSpec> {
  const { id: uuid, memoryMiB, cpus, dataDiskMiB } = vm.file.value;
  const paths = vmPaths(project.folder, vm.name);
  if (dataDiskMiB !== undefined) await makeDiskOnce(paths.data, dataDiskMiB * 2 ** 20);
  const { id, mac } = projectMachineId(vm);
  return {
    ...{ id, mac, name: vm.name, number: PREVIEW_NUMBER, uuid, memoryMiB, cpus, mode },
    files: {
      layers: await releaseLayers(project.folder, vm.name),
      overlay: paths.work,
      ...(dataDiskMiB === undefined ? {} : { data: paths.data }),
      firmware: await firmwareOf(vm, paths),
    },
    logPath: join(paths.folder, 'qemu.log'),
    runFolder: join(runRoot, id),
  };
}

async function firmwareOf(
  { file }: ProjectVm,
  paths: ReturnType<typeof vmPaths>,
): Promise<MachineSpec['files']['firmware']> {
  switch (file.value.firmware) {
    case 'bios':
      return { kind: 'bios' };
    case 'uefi': {
      const variables = join(paths.folder, 'variables.fd');
      if (!(await isThere(variables)))
        await copyFileTo((await requireUefiFirmware()).template, variables, MAX_UEFI_VARIABLES_BYTES);
      const { code } = await requireUefiFirmware({ templateBytes: await fileBytes(variables) });
      return { kind: 'uefi', code, variables };
    }
    case 'direct': {
      const initrd = (await isThere(paths.initrd)) ? { initrd: paths.initrd } : {};
      return { kind: 'direct', kernel: paths.kernel, append: file.value.append ?? '', ...initrd };
    }
  }
}

/** The policy as it stands in the project, and the descriptor that the project remembers. */
async function sources(project: Project, vm: ProjectVm): Promise<Pick<RunDeps, 'policies' | 'descriptors'>> {
  const current = { document: policyDocument(project, vm, await lastSerial(project)), lookedUpAt: undefined };
  let { descriptor } = vm.state;
  let lastCounter = 0;
  return {
    policies: {
      current: async () => current,
      lookUp: async () => current,
      watch: async () => 'unsupported',
      now: async () => systemClock(),
    },
    descriptors: {
      // What stands in the project is what the next package will carry, signed.
      read: async () => (descriptor === undefined ? undefined : { descriptor, origin: 'package' }),
      write: async (value) => {
        descriptor = value?.descriptor;
        await saveState(project.folder, vm.name, { format: 1, ...(descriptor === undefined ? {} : { descriptor }) });
      },
      counter: async () => lastCounter,
      keepCounter: async (counter) => {
        lastCounter = counter;
      },
    },
  };
}

function started(machine: RunningMachine): string {
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
    'Ctrl-C shuts it down',
  ].join('\n');
}
