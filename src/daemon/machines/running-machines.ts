import { AppError, failureOf } from '../../lib/errors.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';
import type { Log } from '../../sys/log.ts';
import type { TrialWatch } from '../installs/trial.ts';
import { leave, suspendOrStop } from './leaving.ts';

interface RunningMachinesDeps {
  log: Log;
  /** A machine has ended: what only it needed can go. */
  onEnded: () => Promise<void>;
}

/** The machines that run and are in this service’s hands, by their names. */
export class RunningMachines implements AsyncDisposable {
  readonly #deps: RunningMachinesDeps;
  readonly #machines = new Map<string, RunningMachine>();

  constructor(deps: RunningMachinesDeps) {
    this.#deps = deps;
  }

  all(): RunningMachine[] {
    return [...this.#machines.values()];
  }

  /** Each, and the generation that it runs. */
  generations(): (readonly [vm: string, generation: number])[] {
    return this.all().map(({ spec }) => [spec.name, spec.generation ?? 0] as const);
  }

  find(vm: string): RunningMachine | undefined {
    return this.#machines.get(vm);
  }

  /** @throws VM_NOT_RUNNING */
  of(vm: string): RunningMachine {
    const machine = this.#machines.get(vm);
    if (!machine) throw new AppError('VM_NOT_RUNNING', `${vm} is not running`);
    return machine;
  }

  /** Has a machine from now on until it ends. */
  keep(machine: RunningMachine, watch: TrialWatch | undefined): void {
    const { log, onEnded } = this.#deps;
    const { name } = machine.spec;
    this.#machines.set(name, machine);
    watch?.run();
    machine.ended
      .catch((error: unknown) => log.error({ vm: name, ...failureOf(error) }, 'machine ended badly'))
      .finally(() => {
        watch?.[Symbol.dispose]();
        this.#machines.delete(name);
      })
      .then(onEnded)
      .catch(() => undefined);
  }

  /** The player of a machine is closed. */
  async leave(vm: string): Promise<void> {
    const machine = this.#machines.get(vm);
    if (machine) await leave(machine);
  }

  /** Shuts all machines down, or suspends them so that the next service lets them go on. */
  async stopAll({ isSuspending }: { isSuspending: boolean }): Promise<void> {
    await Promise.all(this.all().map((each) => (isSuspending ? suspendOrStop(each) : each.stop())));
  }

  /** Lets go of the machines, which run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all().map((machine) => machine[Symbol.asyncDispose]()));
  }
}
