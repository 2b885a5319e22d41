import type { AskedDevices } from '../../pages/device-routes.ts';
import type { Hear } from '../../run/devices/hear.ts';
import type { Speak } from '../../run/devices/speak.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';
import { machineSockets } from '../../run/machine/record.ts';
import type { MachineReport } from '../../run/machine/report.ts';
import { devicesOfRuns } from '../machines/devices-of-runs.ts';
import { type RunOptions, runProjectMachine } from '../machines/run-machine.ts';
import { runsNot } from '../machines/running-sockets.ts';
import type { TaskControl } from './task.ts';

/** So long a guest may take until it has its address, before it is said that it has none. */
const READY_MS = 180_000;

/** How the machines of this process are run. */
export type Running = Pick<RunOptions, 'runRoot' | 'accel' | 'resolvers'>;

/** The project’s machines that run in this process: each is a task until its guest has shut down. */
export class Runs {
  readonly #folder: string;
  readonly #running: Running;
  readonly #machines = new Map<string, RunningMachine>();

  constructor(folder: string, running: Running) {
    this.#folder = folder;
    this.#running = running;
  }

  /** Runs a machine; what happens to it stands in the task’s log, and to cancel the task leaves it. @throws as runProjectMachine */
  async run(
    vm: string,
    { mode, ...how }: Pick<RunOptions, 'mode' | 'discard' | 'guestTools'>,
    task: TaskControl,
  ): Promise<{ vm: string; isSuspended: boolean }> {
    let isSuspended = false;
    const options = { mode, ...how, ...this.#running, readyMs: READY_MS, signal: task.signal };
    try {
      await runProjectMachine(this.#folder, vm, options, (news) => {
        if (news.kind === 'starting') task.part('start', vm);
        if (news.kind === 'started') {
          this.#machines.set(vm, news.machine);
          task.part('run', vm);
        }
        if (news.kind === 'event') task.say(`${news.event.kind}  ${news.event.text}`);
        if (news.kind === 'awaited' && news.failure) task.say(`${news.failure.code}: ${news.failure.reason}`);
        if (news.kind === 'stopping' || news.kind === 'suspending') task.part('stop', vm);
        if (news.kind === 'stopped') isSuspended = news.isSuspended;
      });
    } finally {
      this.#machines.delete(vm);
    }
    return { vm, isSuspended };
  }

  /** @throws VM_NOT_RUNNING */
  report(vm: string): MachineReport {
    return this.#named(vm).report();
  }

  /** Its next start goes on where it was. @throws VM_NOT_RUNNING, and as suspending */
  async suspend(vm: string): Promise<void> {
    await this.#named(vm).suspend();
  }

  /** Shuts its guest down; why it was powered off, where it did not. @throws VM_NOT_RUNNING */
  shutDown(vm: string): Promise<string | undefined> {
    return this.#named(vm).stop();
  }

  /** Ends it as if its plug were pulled. @throws VM_NOT_RUNNING */
  async powerOff(vm: string): Promise<void> {
    await this.#named(vm).stop(true);
  }

  /** What is connected to them, and to those that do not run. */
  get devices(): AskedDevices {
    return devicesOfRuns(this.#folder, (vm) => this.#machines.get(vm));
  }

  /** How it is heard; undefined where it does not run here, or its device for sound is not connected. @throws VM_FAILED */
  async hear(vm: string): Promise<Hear | undefined> {
    return this.#machines.get(vm)?.hear();
  }

  /** How it is spoken to; undefined where it does not run here, or its microphone is not connected. @throws VM_FAILED */
  async speak(vm: string): Promise<Speak | undefined> {
    return this.#machines.get(vm)?.speak();
  }

  /** The socket of its screen, where it runs. */
  screenOf(vm: string): string | undefined {
    const machine = this.#machines.get(vm);
    return machine && machineSockets(machine.spec.runFolder).vnc;
  }

  #named(vm: string): RunningMachine {
    const machine = this.#machines.get(vm);
    if (!machine) throw runsNot(vm);
    return machine;
  }
}
