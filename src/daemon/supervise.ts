import { join } from 'node:path';
import type { Progress } from '../install/apply.ts';
import { collect } from '../install/collect.ts';
import { flatten } from '../install/flatten.ts';
import { readFloor } from '../install/floor.ts';
import { type ForeseenInstall, foreseeInstall } from '../install/foresee.ts';
import { type InstallOptions, type InstallReport, type InstallRequest, installPackage } from '../install/install.ts';
import {
  type Instance,
  instanceNames,
  openInstance,
  readDescriptor,
  readIfInstalled,
  readInstances,
  writeDescriptor,
} from '../install/instances.ts';
import { computerPaths } from '../install/layout.ts';
import { readPolicy } from '../install/policies.ts';
import { type RolledBack, rollBack } from '../install/rollback.ts';
import { judgeTrial, readTrial } from '../install/trial.ts';
import { type UpdateRequest, updateFromServer } from '../install/update.ts';
import { AppError, failureOf } from '../lib/errors.ts';
import { Turns } from '../lib/turns.ts';
import { type Computer, openComputer } from '../run/computer.ts';
import { EventLog, type LoggedEvent } from '../run/events.ts';
import { adoptMachine, removeLeftovers, startMachine } from '../run/lifecycle.ts';
import type { MachineReport, RunningMachine } from '../run/machine.ts';
import { readRecord } from '../run/record.ts';
import type { MachineSpec, RunDeps } from '../run/spec.ts';
import { type PolicyOwner, PolicyStore } from '../store/policies.ts';
import type { Clock } from '../sys/clock.ts';
import type { Log } from '../sys/log.ts';
import { installedPlugins } from './plugins.ts';
import { installedSpec, machineId } from './spec.ts';
import { startOnTrial, TrialWatch } from './trial.ts';

export interface ServiceOptions {
  state: string;
  runRoot: string;
  accel: 'kvm' | 'tcg' | 'auto';
  resolvers?: readonly string[];
  clock: Clock;
  log: Log;
}

/** An installed machine, running or not. */
export type InstanceReport =
  | (MachineReport & Installed)
  | ({ vm: string; state: 'stopped'; generation: number } & Installed);

/** What is installed beyond the generation. */
interface Installed {
  /** The generation that a roll back leads to. */
  former?: number;
  /** How its trial goes, while it has one to pass. */
  trial?: string;
  notes?: string;
  descriptor?: string;
}

/** The machines of this computer: starts, stops, finds again. Nothing here decides; run does. */
export class Supervisor implements AsyncDisposable {
  readonly events: EventLog;
  readonly policies: PolicyStore;
  readonly #options: ServiceOptions;
  readonly #computer: Computer;
  readonly #machines = new Map<string, RunningMachine>();
  /** The machines that are being started, and the generation that each will run. */
  readonly #starting = new Map<string, number>();
  readonly #turns = new Turns();
  #flattening = new AbortController();
  #collecting: Promise<void> = Promise.resolve();
  /** The machines have been let go of: which generations they run is no longer known here. */
  #isEnding = false;

  private constructor(options: ServiceOptions, computer: Computer) {
    const paths = computerPaths(options.state);
    this.#options = options;
    this.#computer = computer;
    this.events = new EventLog(paths.events);
    this.policies = new PolicyStore({ trust: paths.trust, cache: paths.policies, account: paths.directory });
  }

  /** Opens the machines of a state folder: those that still run are taken over, what others left behind is removed. */
  static async open(options: ServiceOptions): Promise<Supervisor> {
    const paths = computerPaths(options.state);
    const { accel, resolvers } = options;
    const files = { runRoot: options.runRoot, accelFile: paths.accel };
    const supervisor = new Supervisor(
      options,
      await openComputer({ accel, ...files, ...(resolvers ? { resolvers } : {}) }),
    );
    for (const vm of await instanceNames(options.state)) await supervisor.#recover(vm);
    await supervisor.#turns
      .take(() => supervisor.#collect())
      .catch((error: unknown) => options.log.error(failureOf(error), 'cannot tidy up'));
    supervisor.#flattenSoon();
    return supervisor;
  }

  /** The machines that run, and the generation that each runs. */
  running(): Map<string, number> {
    const run = [...this.#machines.values()].map(({ spec }) => [spec.name, spec.generation ?? 0] as const);
    return new Map([...this.#starting, ...run]);
  }

  /** @throws VM_NOT_RUNNING */
  machine(vm: string): RunningMachine {
    const machine = this.#machines.get(vm);
    if (!machine) throw new AppError('VM_NOT_RUNNING', `${vm} is not running`);
    return machine;
  }

  async report(instance: Instance): Promise<InstanceReport> {
    const { vm } = instance.file;
    const machine = this.#machines.get(vm);
    const { former } = instance;
    const { generation, notes } = instance.current;
    const trial = await readTrial(this.#options.state, vm, generation);
    const installed = {
      ...(former === undefined ? {} : { former }),
      ...(trial ? { trial: trial.failed ?? 'it has not reported itself healthy yet' } : {}),
      ...(notes === undefined ? {} : { notes }),
    };
    if (machine) return { ...machine.report(), ...installed };
    const descriptor = await readDescriptor(this.#options.state, vm, generation);
    return { vm, state: 'stopped', generation, ...installed, ...(descriptor === undefined ? {} : { descriptor }) };
  }

  /** @throws VM_UNKNOWN, VM_RUNNING, and what startMachine throws */
  async start(vm: string): Promise<MachineReport> {
    if (this.running().has(vm)) throw new AppError('VM_RUNNING', `${vm} is running already`);
    this.#starting.set(vm, 0);
    try {
      // Whatever is being collected now knows nothing of this start; what it leaves is looked at afterwards.
      await this.#collecting;
      const instance = await this.#instanceToStart(vm);
      this.#starting.set(vm, instance.current.generation);
      const watch = await this.#watch(instance);
      const machine = await startOnTrial(watch, async () =>
        startMachine(await this.#spec(instance), this.#deps(instance, watch)),
      );
      this.#keep(machine, watch);
      return machine.report();
    } finally {
      this.#starting.delete(vm);
    }
  }

  /** Installs a package, one at a time. @throws as installPackage */
  install(
    request: InstallRequest,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<InstallReport> {
    return this.#installing(signal, onProgress, (options) => this.#installAndLog(request, options));
  }

  /** Installs what the project’s address has for a machine, or for all. @throws as updateFromServer */
  update(
    request: UpdateRequest,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<InstallReport[]> {
    return this.#installing(signal, onProgress, (options) =>
      updateFromServer(request, options, (one, so) => this.#installAndLog(one, so)),
    );
  }

  #installing<T>(
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
    work: (options: InstallOptions) => Promise<T>,
  ): Promise<T> {
    this.#stopFlattening();
    return this.#turns.take(async () =>
      work({ state: this.#options.state, running: this.running(), now: await this.now(), signal, onProgress }),
    );
  }

  async #installAndLog(request: InstallRequest, options: InstallOptions): Promise<InstallReport> {
    const report = await this.#installAndJudge(request, options);
    await this.#collect();
    this.#flattenSoon();
    const policies = report.policies.map(({ vm, action }) => ({ vm, action: `policy: ${action}` }));
    const names = [...report.machines, ...policies].map(({ vm, action }) => `${vm} (${action})`).join(', ');
    const { generation } = report;
    const at = new Date(options.now).toISOString();
    await this.events.add({
      at,
      kind: 'installed',
      text: `package ${report.package}: ${names}`,
      details: { generation },
    });
    return report;
  }

  /** What installing a package would do here. @throws as foreseeInstall */
  foresee(request: Pick<InstallRequest, 'source' | 'fingerprint'>, signal: AbortSignal): Promise<ForeseenInstall> {
    return this.#turns.take(async () =>
      foreseeInstall(request, { state: this.#options.state, running: this.running(), now: await this.now(), signal }),
    );
  }

  /** Lets a machine’s next start use its former system. @throws as rollBack */
  rollBack(vm: string): Promise<RolledBack & { afterStop: boolean }> {
    return this.#turns.take(async () => {
      const rolled = await this.#rollBack(vm, 'as was asked');
      await this.#collect();
      return { ...rolled, afterStop: this.running().has(vm) };
    });
  }

  /** The trusted time in milliseconds. */
  now(): Promise<number> {
    return this.policies.now(this.#options.clock());
  }

  /** Lets go of the machines, which run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    this.#stopFlattening();
    for (const machine of this.#machines.values()) await machine[Symbol.asyncDispose]();
  }

  async #recover(vm: string): Promise<void> {
    const { log, state } = this.#options;
    try {
      const instance = await readIfInstalled(state, vm);
      if (!instance) return;
      const runFolder = this.#runFolder(instance);
      const record = await readRecord(runFolder);
      if (!record) return await removeLeftovers(machineId(instance), runFolder, this.#computer);
      const generation = record.generation ?? instance.current.generation;
      const watch = await this.#watch(instance, generation);
      const spec = await installedSpec(state, instance, runFolder, generation);
      this.#keep(await adoptMachine(spec, record, this.#deps(instance, watch, generation)), watch);
    } catch (error) {
      // One machine that cannot be taken over must not keep the service from the others; its filter stays as it was.
      log.error({ vm, ...failureOf(error) }, 'machine could not be taken over');
    }
  }

  #keep(machine: RunningMachine, watch: TrialWatch | undefined): void {
    const { name } = machine.spec;
    this.#machines.set(name, machine);
    watch?.run();
    machine.ended
      .catch((error: unknown) => this.#options.log.error({ vm: name, ...failureOf(error) }, 'machine ended badly'))
      .finally(() => {
        watch?.[Symbol.dispose]();
        this.#machines.delete(name);
      })
      .then(() => this.#turns.take(() => this.#collect()))
      .catch((error: unknown) => this.#options.log.error({ vm: name, ...failureOf(error) }, 'cannot tidy up'));
  }

  /** Policies that a package brought hold for running machines at once, also where it could not bring all. */
  async #installAndJudge(request: InstallRequest, options: InstallOptions): Promise<InstallReport> {
    try {
      return await installPackage(request, options);
    } finally {
      await this.#judgeAgain();
    }
  }

  async #judgeAgain(): Promise<void> {
    const { log } = this.#options;
    const judged = [...this.#machines.values()].map(({ spec: { name: vm }, access }) =>
      access
        .lookUp('interval')
        .catch((error: unknown) => log.error({ vm, ...failureOf(error) }, 'a new policy could not be enforced')),
    );
    await Promise.all(judged);
  }

  /** Removes what no machine needs any more; never while an installation brings what no machine names yet. */
  async #collect(): Promise<void> {
    // A machine that is being started has not opened yet what it will run on.
    if (this.#starting.size > 0 || this.#isEnding) return;
    const collecting = collect(this.#options.state, this.running());
    this.#collecting = collecting.catch(() => undefined);
    await collecting;
  }

  /** Makes long chains short once nothing else is to be done; an installation that comes meanwhile does not wait for it. */
  #flattenSoon(): void {
    const { signal } = this.#flattening;
    this.#turns
      .take(async () => {
        const instances = await readInstances(this.#options.state);
        let isShorter = false;
        for (const instance of instances) isShorter = (await flatten(instance, signal)) || isShorter;
        if (isShorter) await this.#collect();
      })
      .catch((error: unknown) => {
        if (!signal.aborted) this.#options.log.error(failureOf(error), 'cannot flatten a chain of layers');
      });
  }

  #stopFlattening(): void {
    this.#flattening.abort();
    this.#flattening = new AbortController();
  }

  #deps({ file, current, state }: Instance, watch?: TrialWatch, generation = current.generation): RunDeps {
    const owner = async (): Promise<PolicyOwner> => {
      const { document, policyServer } = await readPolicy(state, file.vm);
      return { vm: { name: file.vm, id: document.vmId }, packaged: document, server: policyServer };
    };
    const { clock, log } = this.#options;
    return {
      computer: this.#computer,
      events: this.events,
      plugins: installedPlugins(state, file.vm),
      log,
      ...(watch ? { onHello: (healthy) => watch.hello(healthy) } : {}),
      policies: {
        current: async () => this.policies.current(await owner()),
        watch: async (signal) => this.policies.watch(await owner(), signal),
        lookUp: async (signal) => this.policies.lookUp(await owner(), clock(), signal),
        now: () => this.now(),
      },
      descriptors: {
        read: () => readDescriptor(state, file.vm, generation),
        write: (descriptor) => writeDescriptor(state, file.vm, generation, descriptor),
      },
    };
  }

  /** The machine in the generation that it starts with: one that did not prove itself goes back first. */
  async #instanceToStart(vm: string): Promise<Instance> {
    const { state } = this.#options;
    const look = async () => {
      const instance = await openInstance(state, vm);
      const { current, former } = instance;
      const canGoBack = former !== undefined && former >= (await readFloor(state));
      return { instance, decision: judgeTrial(await readTrial(state, vm, current.generation), canGoBack) };
    };
    const { instance, decision } = await look();
    if (decision.start === 'current') return instance;
    return this.#turns.take(async () => {
      // An installation that was under way may have brought another generation.
      const now = await look();
      if (now.decision.start === 'current') return now.instance;
      await this.#rollBack(vm, `by itself: ${now.decision.reason}`);
      return openInstance(state, vm);
    });
  }

  async #rollBack(vm: string, why: string): Promise<RolledBack> {
    const rolled = await rollBack(this.#options.state, vm);
    await this.#log(vm, 'rolled-back', `from generation ${rolled.from} back to ${rolled.to}, ${why}`);
    return rolled;
  }

  async #watch({ file, current }: Instance, generation = current.generation): Promise<TrialWatch | undefined> {
    const { state, log } = this.#options;
    const { vm } = file;
    const { updates } = current.machine.policy.policy;
    if (!updates) return undefined;
    return TrialWatch.open({
      ...{ state, vm, generation, timeout: updates.healthTimeout },
      log: (kind, text) => this.#log(vm, kind, text),
      onFailure: (error) => log.error({ vm, ...failureOf(error) }, 'a trial could not be ended'),
    });
  }

  async #log(vm: string, kind: LoggedEvent['kind'], text: string): Promise<void> {
    await this.events.add({ at: new Date(await this.now()).toISOString(), vm, kind, text });
  }

  #spec(instance: Instance): Promise<MachineSpec> {
    return installedSpec(this.#options.state, instance, this.#runFolder(instance), instance.current.generation);
  }

  #runFolder(instance: Instance): string {
    return join(this.#options.runRoot, machineId(instance));
  }
}
