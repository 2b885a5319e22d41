import {
  type Instance,
  instanceNames,
  openInstance,
  readIfInstalled,
  surveyInstances,
} from '../../install/state/instances.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import type { Computer } from '../../run/computer/computer.ts';
import { adoptMachine, removeLeftovers } from '../../run/machine/lifecycle.ts';
import { type RunRecord, runningRecords } from '../../run/machine/record.ts';
import { endProcess } from '../../sys/programs/processes.ts';
import type { HotFixes } from '../hot-fixes/hot-fixes.ts';
import type { InstalledMachines, ServiceOptions } from './installed-machines.ts';
import { lookUpFor } from './judge-machines.ts';
import type { RunningMachines } from './running-machines.ts';
import { machineId } from './spec.ts';
import { findSuspended, tidySuspended } from './suspended.ts';
import type { Found, TakingOver } from './taking-over.ts';

interface RecoveryDeps {
  options: Pick<ServiceOptions, 'state' | 'runRoot' | 'log'>;
  computer: Computer;
  machines: RunningMachines;
  installed: InstalledMachines;
  hotFixes: HotFixes;
  takingOver: TakingOver;
}

/** What a service finds of machines that an earlier one had: what runs is taken over, what was begun is ended, what is left is removed. */
export class Recovery {
  readonly #deps: RecoveryDeps;

  constructor(deps: RecoveryDeps) {
    this.#deps = deps;
  }

  /** All at once: one that does not answer must not keep the others, and this computer, without a service. A failure is logged. */
  async recoverAll(): Promise<void> {
    const { state, runRoot } = this.#deps.options;
    const records = await runningRecords(runRoot);
    const names = await instanceNames(state);
    await Promise.all(names.map((vm) => this.#recover(vm, records)));
    await Promise.all(names.map((vm) => this.#finishHotFix(vm)));
  }

  /** Takes a machine that runs into this service’s hands. @throws whatever keeps it from it */
  async adopt(vm: string, { record, generation }: Found): Promise<void> {
    const { options, machines, installed } = this.#deps;
    const instance = await openInstance(options.state, vm);
    const watch = await installed.watch(instance, generation);
    const spec = await installed.spec(instance, { generation });
    const machine = await adoptMachine(spec, record, installed.deps(instance, watch, generation));
    machines.keep(machine, watch);
    await machine.log('found-again', 'the service found the machine running');
    void lookUpFor(machine, options.log, 'interval');
  }

  /**
   * Removes what a machine left that does not run, also where its files are damaged: then it was never in our hands, whatever runs of it.
   * @throws VM_RUNNING, NETWORK_FAILED
   */
  async clearAway(vm: string): Promise<void> {
    const { options, takingOver } = this.#deps;
    const records = [...(await runningRecords(options.runRoot)).values()];
    if (records.some((record) => record.vm === vm)) throw new AppError('VM_RUNNING', `${vm} is running`);
    const instance = (await surveyInstances(options.state)).whole.find(({ file }) => file.vm === vm);
    if (instance) await this.#removeLeftovers(instance);
    await takingOver.forget(vm);
  }

  async #recover(vm: string, records: ReadonlyMap<string, RunRecord>): Promise<void> {
    const { options, installed, takingOver } = this.#deps;
    // By its name: the files of a machine that runs may be damaged.
    const [id, record] = [...records].find(([, each]) => each.vm === vm) ?? [];
    try {
      if (id === undefined || !record) {
        const instance = await readIfInstalled(options.state, vm);
        if (!instance) return;
        await this.#removeLeftovers(instance);
        await tidySuspended(options.state, vm);
        await installed.finishBegun(vm);
        return;
      }
      if (await this.#isSuspended(vm, record)) return;
      await takingOver.begin(vm, { id, record, generation: record.generation ?? 0 });
    } catch (error) {
      options.log.error({ vm, ...failureOf(error) }, 'machine could not be taken over');
    }
  }

  async #finishHotFix(vm: string): Promise<void> {
    const { options, hotFixes } = this.#deps;
    try {
      if (await readIfInstalled(options.state, vm)) await hotFixes.finish(vm);
    } catch (error) {
      options.log.error({ vm, ...failureOf(error) }, 'a hot fix could not be brought to its end');
    }
  }

  /**
   * A machine whose QEMU runs although it is suspended: the service was killed before it had ended it, or before it had set it
   * going again. No disk has changed since, so QEMU ends, and the machine stays suspended.
   */
  async #isSuspended(vm: string, { qemu, generation }: RunRecord): Promise<boolean> {
    const { state } = this.#deps.options;
    if ((await findSuspended(state, vm))?.generation !== generation) return false;
    await endProcess(qemu);
    await this.#removeLeftovers(await openInstance(state, vm));
    return true;
  }

  #removeLeftovers(instance: Instance): Promise<void> {
    const { computer, installed } = this.#deps;
    return removeLeftovers(machineId(instance), installed.runFolder(instance), computer);
  }
}
