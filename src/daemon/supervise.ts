import { join } from 'node:path';
import { mendTrustOf } from '../install/change/mend-trust.ts';
import { examine } from '../install/state/damage.ts';
import { readFloor } from '../install/state/floor.ts';
import {
  type Instance,
  instanceNames,
  openInstance,
  readIfInstalled,
  surveyInstances,
} from '../install/state/instances.ts';
import { computerPaths } from '../install/state/layout.ts';
import { readPolicy } from '../install/state/policies.ts';
import { readCounter, readReported, writeCounter, writeReported } from '../install/state/reported.ts';
import { judgeTrial, readTrial } from '../install/state/trial.ts';
import { AppError, failureOf } from '../lib/errors.ts';
import { Turns } from '../lib/turns.ts';
import type { HostAccess, HostReport } from '../run/computer/bound-computer.ts';
import { type Computer, openComputer } from '../run/computer/computer.ts';
import { EventLog, type LoggedEvent } from '../run/computer/events.ts';
import { adoptMachine, removeLeftovers, startMachine } from '../run/machine/lifecycle.ts';
import type { MachineReport, RunningMachine } from '../run/machine/machine.ts';
import { type RunRecord, runningRecords } from '../run/machine/record.ts';
import type { MachineSpec, RunDeps } from '../run/machine/spec.ts';
import { type PolicyOwner, PolicyStore } from '../servers/policies.ts';
import type { Clock } from '../sys/clock.ts';
import type { Log } from '../sys/log.ts';
import type { Resolvers } from '../sys/network/resolver.ts';
import { beginHostAccess } from './begin-host-access.ts';
import { Changes } from './changes.ts';
import { installedPlugins } from './plugins.ts';
import { damaged, type InstanceReport, installedFacts } from './report.ts';
import { installedSpec, machineId } from './spec.ts';
import { type Found, TakingOver } from './taking-over.ts';
import { startOnTrial, TrialWatch } from './trial.ts';

export interface ServiceOptions {
  state: string;
  runRoot: string;
  accel: 'kvm' | 'tcg' | 'auto';
  resolvers?: readonly string[];
  shownResolvers?: Resolvers;
  ownOutside?: () => Promise<readonly string[]>;
  /** The addresses of the proxies that web servers are reached through. */
  proxies?: readonly string[];
  clock: Clock;
  log: Log;
}

/** The machines of this computer: starts, stops, finds again. Nothing here decides; run does. */
export class Supervisor implements AsyncDisposable {
  readonly events: EventLog;
  /** What changes what is installed. */
  readonly changes: Changes;
  readonly policies: PolicyStore;
  #hostAccess: HostAccess | undefined;
  readonly #options: ServiceOptions;
  readonly #computer: Computer;
  readonly #machines = new Map<string, RunningMachine>();
  /** The machines that are being started, and the generation that each will run. */
  readonly #starting = new Map<string, number>();
  readonly #starts = new Set<Promise<unknown>>();
  readonly #ending = new AbortController();
  readonly #takingOver: TakingOver;

  private constructor(options: ServiceOptions, computer: Computer) {
    const paths = computerPaths(options.state);
    this.#options = options;
    this.#computer = computer;
    const spare = join(options.runRoot, 'trust');
    const trustTurns = new Turns();
    this.policies = new PolicyStore(
      { trust: paths.trust, cache: paths.policies, account: paths.directory, spare },
      { onUnsaved: (vm, error) => void this.#tellUnsaved(vm, error), turns: trustTurns },
    );
    this.events = new EventLog(paths.events, { now: () => this.now(), log: options.log });
    this.#takingOver = new TakingOver({
      ...{ runRoot: options.runRoot, computer, log: options.log, events: this.events },
      adopt: (vm, found) => this.#adopt(vm, found),
    });
    this.changes = new Changes({
      ...{ state: options.state, log: options.log, events: this.events, trustTurns },
      now: () => this.now(),
      clock: options.clock,
      running: () => this.running(),
      inUse: () => this.#inUse(),
      isStarting: () => this.#starting.size > 0,
      clearAway: (vm) => this.#clearAway(vm),
      judgeAgain: async () => void (await Promise.all([this.#hostAccess?.lookAgain(), this.#judgeAgain()])),
    });
  }

  /** Opens the machines of a state folder: those that still run are taken over, what others left behind is removed. */
  static async open(options: ServiceOptions): Promise<Supervisor> {
    const paths = computerPaths(options.state);
    const { accel, resolvers, shownResolvers, ownOutside } = options;
    const files = { runRoot: options.runRoot, accelFile: paths.accel };
    const supervisor = new Supervisor(
      options,
      await openComputer({
        ...{ accel, ...files },
        ...(resolvers ? { resolvers } : {}),
        ...(shownResolvers ? { shownResolvers } : {}),
        ...(ownOutside ? { ownOutside } : {}),
      }),
    );
    await mendTrustOf(options.state).catch((error: unknown) =>
      options.log.error(failureOf(error), 'what this computer trusts is damaged'),
    );
    // Before all else: what was consented to holds before anybody is answered.
    supervisor.#hostAccess = await beginHostAccess(options, supervisor.#computer, {
      ...{ events: supervisor.events, policies: supervisor.policies },
      now: () => supervisor.now(),
    });
    const records = await runningRecords(options.runRoot);
    // All at once: one that does not answer must not keep the others, and this computer, without a service.
    const names = await instanceNames(options.state);
    await Promise.all(names.map((vm) => supervisor.#recover(vm, records)));
    await supervisor.changes.tidy();
    supervisor.changes.flattenSoon();
    return supervisor;
  }

  /** The machines that run, and the generation that each runs. */
  running(): Map<string, number> {
    const run = [...this.#machines.values()].map(({ spec }) => [spec.name, spec.generation ?? 0] as const);
    return new Map([...this.#takingOver.running(), ...this.#starting, ...run]);
  }

  /** The same, with what runs although this service has no hand on it. */
  async #inUse(): Promise<Map<string, number>> {
    const records = [...(await runningRecords(this.#options.runRoot)).values()];
    const found = records.flatMap(({ vm, generation }) =>
      generation === undefined ? [] : [[vm, generation] as const],
    );
    return new Map([...found, ...this.running()]);
  }

  /** @throws VM_NOT_RUNNING */
  machine(vm: string): RunningMachine {
    const machine = this.#machines.get(vm);
    if (!machine) throw new AppError('VM_NOT_RUNNING', `${vm} is not running`);
    return machine;
  }

  /** The machine of that name, where it runs and is ours. */
  ifRunning(vm: string): RunningMachine | undefined {
    return this.#machines.get(vm);
  }

  /** Shuts all machines down. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#machines.values()].map((machine) => machine.stop()));
  }

  /** All installed machines; one that is damaged does not hide the others. */
  async reports(): Promise<InstanceReport[]> {
    const reports = (await instanceNames(this.#options.state)).map((vm) => this.#reportIfInstalled(vm));
    return (await Promise.all(reports)).filter((report) => report !== undefined);
  }

  /** A machine, also one that is damaged. @throws VM_UNKNOWN */
  async reportOf(vm: string): Promise<InstanceReport> {
    const isInstalled = (await instanceNames(this.#options.state)).includes(vm);
    const report = isInstalled ? await this.#reportIfInstalled(vm) : undefined;
    if (!report) throw new AppError('VM_UNKNOWN', `no machine ${vm} is installed here`);
    return report;
  }

  async #reportIfInstalled(vm: string): Promise<InstanceReport | undefined> {
    try {
      const found = await examine(this.#options.state, vm);
      if (!found) return undefined;
      const running = this.#machines.get(vm);
      if (!('instance' in found)) return running ? running.report() : damaged(vm, failureOf(found.damage.failure));
      if (found.damage && !running) return damaged(vm, failureOf(found.damage.failure));
      return await this.#report(found.instance);
    } catch (error) {
      return damaged(vm, failureOf(error));
    }
  }

  /** How it stands with the computer’s own rules; undefined where there are none. */
  hostReport(): HostReport | undefined {
    return this.#hostAccess?.report();
  }

  async #report(instance: Instance): Promise<InstanceReport> {
    const { vm } = instance.file;
    const machine = this.#machines.get(vm);
    const installed = await installedFacts(this.#options.state, instance, machine?.spec.generation);
    if (machine) return { ...machine.report(), ...installed };
    const failure = this.#takingOver.failureOf(vm);
    if (failure) return damaged(vm, failure);
    const { generation } = instance.current;
    const reported = await readReported(this.#options.state, vm, generation);
    const version = reported ? { descriptor: reported.descriptor, origin: reported.origin } : {};
    return { vm, state: 'stopped', generation, ...installed, ...version };
  }

  /** @throws VM_UNKNOWN, VM_RUNNING, and what startMachine throws */
  async start(vm: string): Promise<MachineReport> {
    const start = this.#start(vm);
    this.#starts.add(start);
    return start.finally(() => this.#starts.delete(start));
  }

  async #start(vm: string): Promise<MachineReport> {
    if (this.running().has(vm)) throw new AppError('VM_RUNNING', `${vm} is running already`);
    if (this.changes.isLeaving(vm)) throw new AppError('VM_UNKNOWN', `${vm} is being removed`);
    this.#starting.set(vm, 0);
    try {
      // Whatever is being collected now knows nothing of this start; what it leaves is looked at afterwards.
      await this.changes.untilCollected();
      await this.#takingOver.forget(vm);
      const instance = await this.#instanceToStart(vm);
      this.#starting.set(vm, instance.current.generation);
      const watch = await this.#watch(instance);
      const machine = await startOnTrial(watch, async () =>
        startMachine(await this.#spec(instance), this.#deps(instance, watch), this.#ending.signal),
      );
      this.#keep(machine, watch);
      await machine.tellStarted();
      return machine.report();
    } finally {
      this.#starting.delete(vm);
    }
  }

  /** The trusted time in milliseconds. */
  now(): Promise<number> {
    return this.policies.now(this.#options.clock());
  }

  /** Lets go of the machines, which run on. What is being started is given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled(this.#starts);
    this.changes.end();
    await this.#takingOver[Symbol.asyncDispose]();
    await this.#hostAccess?.[Symbol.asyncDispose]();
    await Promise.all([...this.#machines.values()].map((machine) => machine[Symbol.asyncDispose]()));
  }

  async #recover(vm: string, records: ReadonlyMap<string, RunRecord>): Promise<void> {
    const { log, state } = this.#options;
    // By its name: the files of a machine that runs may be damaged.
    const [id, record] = [...records].find(([, each]) => each.vm === vm) ?? [];
    try {
      if (id === undefined || !record) {
        const instance = await readIfInstalled(state, vm);
        if (instance) await removeLeftovers(machineId(instance), this.#runFolder(instance), this.#computer);
        return;
      }
      await this.#takingOver.begin(vm, { id, record, generation: record.generation ?? 0 });
    } catch (error) {
      log.error({ vm, ...failureOf(error) }, 'machine could not be taken over');
    }
  }

  async #adopt(vm: string, { record, generation }: Found): Promise<void> {
    const { state } = this.#options;
    const instance = await openInstance(state, vm);
    const watch = await this.#watch(instance, generation);
    const spec = await installedSpec(state, instance, this.#runFolder(instance), generation);
    const machine = await adoptMachine(spec, record, this.#deps(instance, watch, generation));
    this.#keep(machine, watch);
    await machine.log('found-again', 'the service found the machine running');
    void this.#lookUpFor(machine);
  }

  /** Also where the machine’s files are damaged: then it was never in our hands, whatever runs of it. */
  async #clearAway(vm: string): Promise<void> {
    const records = [...(await runningRecords(this.#options.runRoot)).values()];
    if (records.some((record) => record.vm === vm)) throw new AppError('VM_RUNNING', `${vm} is running`);
    const instance = (await surveyInstances(this.#options.state)).whole.find(({ file }) => file.vm === vm);
    if (instance) await removeLeftovers(machineId(instance), this.#runFolder(instance), this.#computer);
    await this.#takingOver.forget(vm);
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
      .then(() => this.changes.tidy())
      .catch(() => undefined);
  }

  /** By what is installed, at once; whoever changes it does not wait for a policy server, which is asked afterwards. */
  async #judgeAgain(): Promise<void> {
    const judged = [...this.#machines.values()].map((machine) =>
      this.#told(machine, machine.access.judgeInstalled()).finally(() => void this.#lookUpFor(machine, 'interval')),
    );
    await Promise.all(judged);
  }

  /** Has a machine judged by what its policy is now. */
  #lookUpFor(machine: RunningMachine, event?: 'interval'): Promise<void> {
    return this.#told(machine, machine.access.lookUp(event));
  }

  /** What fails is an event, and the machine is closed. */
  async #told(machine: RunningMachine, judging: Promise<unknown>): Promise<void> {
    try {
      await judging;
    } catch (error) {
      this.#options.log.error({ vm: machine.spec.name, ...failureOf(error) }, 'a new policy could not be enforced');
      await machine.log('failed', 'the policy could not be enforced', failureOf(error));
    }
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
        read: () => readReported(state, file.vm, generation),
        write: (reported) => writeReported(state, file.vm, generation, reported),
        counter: () => readCounter(state, file.vm),
        keepCounter: (counter) => writeCounter(state, file.vm, counter),
      },
    };
  }

  /** The machine in the generation that it starts with: one that did not prove itself goes back first. */
  async #instanceToStart(vm: string): Promise<Instance> {
    const { state } = this.#options;
    const look = async () => {
      const instance = await openInstance(state, vm);
      const damage = (await examine(state, vm))?.damage;
      if (damage) throw damage.failure;
      const { current, former } = instance;
      const canGoBack = former !== undefined && former >= (await readFloor(state));
      return { instance, decision: judgeTrial(await readTrial(state, vm, current.generation), canGoBack) };
    };
    const { instance, decision } = await look();
    if (decision.start === 'current') return instance;
    return this.changes.inTurn(async () => {
      // An installation that was under way may have brought another generation.
      const now = await look();
      if (now.decision.start === 'current') return now.instance;
      await this.changes.rollBackNow(vm, `by itself: ${now.decision.reason}`);
      return openInstance(state, vm);
    });
  }

  async #watch({ file, current }: Instance, generation = current.generation): Promise<TrialWatch | undefined> {
    const { state, log } = this.#options;
    const { vm } = file;
    const { updates } = current.machine.policy.policy;
    if (!updates) return undefined;
    return TrialWatch.open({
      ...{ state, vm, generation, timeout: updates.healthTimeout, now: this.#options.clock },
      inTurn: (work) => this.changes.inTurn(work),
      log: (kind, text) => this.#log(vm, kind, text),
      onFailure: (error) => log.error({ vm, ...failureOf(error) }, 'a trial could not be ended'),
    });
  }

  async #tellUnsaved(vm: string, error: AppError): Promise<void> {
    const text = 'its new policy is in force, and could not be kept for the next service';
    await this.events.add({ vm, kind: 'failed', text, details: { ...failureOf(error) }, same: error.code });
  }

  async #log(vm: string, kind: LoggedEvent['kind'], text: string): Promise<void> {
    await this.events.add({ vm, kind, text });
  }

  #spec(instance: Instance): Promise<MachineSpec> {
    return installedSpec(this.#options.state, instance, this.#runFolder(instance), instance.current.generation);
  }

  #runFolder(instance: Instance): string {
    return join(this.#options.runRoot, machineId(instance));
  }
}
