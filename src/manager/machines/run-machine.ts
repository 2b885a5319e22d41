import { join } from 'node:path';
import { type Failure, failureOf } from '../../lib/errors.ts';
import { vmPaths } from '../../project/layout.ts';
import { takeVmLock } from '../../project/make.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { findOwnRun, forgetOwnRun, noteOwnRun } from '../../project/own-run.ts';
import { openComputer } from '../../run/computer/computer.ts';
import { EventLog, type LoggedEvent } from '../../run/computer/events.ts';
import { adoptMachine, startMachine } from '../../run/machine/lifecycle.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';
import type { RunDeps, RunMode } from '../../run/machine/spec.ts';
import { hardwareOf } from '../../run/suspend/circumstances.ts';
import { isThere } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { openLog } from '../../sys/log.ts';
import { requireRoot } from '../../sys/programs/users.ts';
import { answerAbout } from './answer-about.ts';
import { leaveMachine } from './leave-machine.ts';
import { hasChanged, numbersInUse, takeLeftRun } from './left-run.ts';
import { machineSpec } from './machine-spec.ts';
import { takePreviewNumber } from './preview-number.ts';
import { projectPlugins } from './project-plugins.ts';
import { projectSources } from './project-sources.ts';
import { savedState } from './saved-state.ts';
import { takeSeed } from './seed-medium.ts';
import { takeToolsDisc } from './tools-disc.ts';

export interface RunOptions {
  mode: Exclude<RunMode, 'installed'>;
  /** Where the running machine’s sockets go. */
  runRoot: string;
  accel: 'auto' | 'kvm' | 'tcg';
  /** DNS servers, instead of this computer’s. */
  resolvers?: string[];
  /** How long its guest may take until it has its address. */
  readyMs: number;
  /** Boots it where it is suspended; what is in its memory is lost. */
  discard?: boolean;
  /** Puts the CD with the guest tools into a drive of its own. */
  guestTools?: boolean;
  /** Leaves it: one in preview is suspended (ACE 1.0 p. 129), one that is powered on shut down. */
  signal: AbortSignal;
}

/** What becomes of a machine of the project that is run. */
export type MachineNews =
  | { kind: 'starting' }
  | { kind: 'event'; event: LoggedEvent }
  | { kind: 'started'; machine: RunningMachine }
  /** Its guest has its address, or not: why not, unless nobody waits for it any more. */
  | { kind: 'awaited'; machine: RunningMachine; isReady: boolean; failure?: Failure }
  | { kind: 'stopping' | 'suspending' }
  | { kind: 'stopped'; isSuspended: boolean };

/**
 * Runs a machine of the project, in preview under its policies or powered on without any, until its guest shuts down or
 * `signal` has it left. One that is suspended goes on where it was; one whose manager was killed is taken over. Nobody else runs or
 * packages it meanwhile.
 * @throws ROOT_NEEDED, PROJECT_*, VM_UNKNOWN, VM_RUNNING, SUSPENDED_UNFIT, what takeToolsDisc throws, and what startMachine throws
 */
export async function runProjectMachine(
  folder: string,
  name: string,
  { mode, runRoot, accel, resolvers, readyMs, discard = false, guestTools = false, signal }: RunOptions,
  tell: (news: MachineNews) => void,
): Promise<void> {
  requireRoot('running a machine under its rules');
  const project = await openProject(folder);
  const vm = vmNamed(project, name);
  const paths = vmPaths(project.folder, name);
  await using _lock = await takeVmLock(project, name, { takesOver: true });
  await makeFolder(runRoot);
  const files = { runRoot, accelFile: join(runRoot, 'accel.json') };
  const computer = await openComputer({ accel, ...files, ...(resolvers ? { resolvers } : {}) });
  const isSuspended = await isThere(paths.suspended);
  const left = await takeLeftRun(project, vm, computer, { mode, discard, isSuspended });
  const saved = await savedState(name, { note: paths.suspended, memory: paths.memory }, discard);
  await using tools = await takeToolsDisc(vm, paths, { saved, isRunning: left !== undefined, isWanted: guestTools });
  await using seed = await takeSeed(vm, paths, { mode, saved, hasDisc: tools.disc !== undefined });
  await using taken = await takePreviewNumber({ own: left?.number, running: await numbersInUse(runRoot) });
  const { number } = taken;
  const planned = await machineSpec(project, vm, { number, runRoot, mode, disc: tools.disc, seed: seed.path });
  const spec = left ? { ...planned, runFolder: left.runFolder } : planned;
  const hardware = hardwareOf(spec, left?.record.accel ?? computer.accel);
  if (left && left.hardware !== hardware) throw hasChanged(name);
  const log = openLog('lazaret-manager');
  const events = new EventLog(join(paths.folder, 'events.jsonl'), { log });
  const plugins = projectPlugins(project, join(paths.folder, 'plugin'));
  const { onHello } = seed;
  const deps: RunDeps = { computer, events, plugins, log, onHello, ...(await projectSources(project, vm)) };
  tell({ kind: 'starting' });
  const over = new AbortController();
  const telling = tellEvents(events.follow(over.signal), tell);
  try {
    await noteOwnRun(folder, name, { mode, number, runFolder: spec.runFolder, hardware });
    const machine = await (left ? adoptMachine(spec, left.record, deps) : startMachine(spec, deps, { saved, signal }));
    if (left) await machine.log('found-again', 'its manager was killed, and this one has taken it over');
    else await machine.tellStarted(saved?.state ? 'resumed' : 'started');
    await using _asked = await answerAbout(machine, folder, log);
    await lookAfter(machine, readyMs, signal, tell);
  } finally {
    if (!(await findOwnRun(folder, name))) await forgetOwnRun(folder, name);
    over.abort();
    await telling;
  }
  tell({ kind: 'stopped', isSuspended: await isThere(paths.suspended) });
}

async function lookAfter(
  machine: RunningMachine,
  readyMs: number,
  signal: AbortSignal,
  tell: (news: MachineNews) => void,
): Promise<void> {
  tell({ kind: 'started', machine });
  tell({ kind: 'awaited', machine, ...(await readiness(machine, readyMs, signal)) });
  await untilEnded(machine, signal, tell);
}

/** What happens to the machine as it happens: access, reports of its guest, what was refused. */
async function tellEvents(events: AsyncIterable<LoggedEvent>, tell: (news: MachineNews) => void): Promise<void> {
  for await (const event of events) tell({ kind: 'event', event });
}

/** A machine whose guest has no address runs on, for its screen shows why. */
async function readiness(
  machine: RunningMachine,
  readyMs: number,
  signal: AbortSignal,
): Promise<{ isReady: boolean; failure?: Failure }> {
  try {
    await machine.untilReady(readyMs, signal);
    return { isReady: true };
  } catch (error) {
    if (signal.aborted) return { isReady: false };
    const failure = failureOf(error);
    if (failure.code !== 'VM_NOT_READY' && failure.code !== 'VM_NOT_RUNNING') throw error;
    return { isReady: false, failure };
  }
}

async function untilEnded(
  machine: RunningMachine,
  signal: AbortSignal,
  tell: (news: MachineNews) => void,
): Promise<void> {
  let failed: unknown;
  const leave = () =>
    leaveMachine(machine, (kind) => tell({ kind })).catch((error: unknown) => {
      failed = error;
    });
  if (signal.aborted) await leave();
  else signal.addEventListener('abort', () => void leave(), { once: true });
  await machine.ended;
  if (failed !== undefined) throw failed;
}
