import { join } from 'node:path';
import { mendTrustOf } from '../install/change/mend-trust.ts';
import { type Opened, writeDisks } from '../install/opening/write-disks.ts';
import { CONFIGURATION } from '../install/state/configuration.ts';
import {
  type Instance,
  instanceNames,
  openInstance,
  readIfInstalled,
  surveyInstances,
} from '../install/state/instances.ts';
import { computerPaths } from '../install/state/layout.ts';
import { type Asker, ownerOf } from '../install/state/owner.ts';
import { AppError, failureOf } from '../lib/errors.ts';
import { Turns } from '../lib/turns.ts';
import type { HostAccess, HostReport } from '../run/computer/bound-computer.ts';
import { type Computer, openComputer } from '../run/computer/computer.ts';
import { EventLog } from '../run/computer/events.ts';
import { adoptMachine, removeLeftovers, startMachine } from '../run/machine/lifecycle.ts';
import type { RunningMachine } from '../run/machine/machine.ts';
import { requirePower } from '../run/machine/power.ts';
import { type RunRecord, runningRecords } from '../run/machine/record.ts';
import type { MachineReport } from '../run/machine/report.ts';
import { PolicyStore } from '../servers/policies.ts';
import { computerSize } from '../sys/computer-size.ts';
import { endProcess } from '../sys/programs/processes.ts';
import { Administration } from './administration.ts';
import { beginHostAccess } from './begin-host-access.ts';
import { Changes } from './changes.ts';
import { Devices } from './devices.ts';
import { HotFixes } from './hot-fixes.ts';
import { InstalledMachines, type ServiceOptions } from './installed-machines.ts';
import { InstanceReports } from './instance-reports.ts';
import { judgeInstalled, lookUpFor } from './judge-machines.ts';
import { leave, suspendOrStop } from './leaving.ts';
import { type OpenedBy, Opening } from './opening.ts';
import { tellStays } from './set-aside.ts';
import { Snapshots } from './snapshots.ts';
import { machineId } from './spec.ts';
import { findSuspended, savedFor, suspendedOf, tidySuspended, whyUnusable } from './suspended.ts';
import { type Found, TakingOver } from './taking-over.ts';
import { startOnTrial, type TrialWatch } from './trial.ts';

/** Who opens a machine, with what, and whether it boots although it is suspended: what is in its memory alone is lost then. */
interface StartWish {
  asker: Asker;
  secrets?: OpenedBy['secrets'];
  discard?: boolean;
  /** It was opened, and ran until it was changed. */
  isOpen?: boolean;
}

type Wish = Pick<StartWish, 'discard' | 'isOpen'>;
/** What lets one go on that was opened: nobody keeps what opens disks. */
const IN_CLEAR: Opened = { encrypts: false };

/** The machines of this computer: starts, stops, finds again. Nothing here decides; run does. */
export class Supervisor implements AsyncDisposable {
  readonly events: EventLog;
  /** What changes what is installed. */
  readonly changes: Changes;
  /** How it stands with each. */
  readonly reports: InstanceReports;
  readonly policies: PolicyStore;
  /** The earlier states that are kept of them. */
  readonly snapshots: Snapshots;
  /** What is connected to them. */
  readonly devices: Devices;
  /** Who may open them. */
  readonly opening: Opening;
  /** Who may change their hardware. */
  readonly administration: Administration;
  /** The way back in. */
  readonly hotFixes: HotFixes;
  #hostAccess: HostAccess | undefined;
  readonly #options: ServiceOptions;
  readonly #computer: Computer;
  readonly #installed: InstalledMachines;
  readonly #machines = new Map<string, RunningMachine>();
  /** The machines that are being started, and the generation that each will run. */
  readonly #starting = new Map<string, number>();
  readonly #starts = new Set<Promise<unknown>>();
  /** The suspended machines that could not go on when that was tried last. */
  readonly #unfit = new Set<string>();
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
      { onUnsaved: (vm, error) => void this.#tellUnsaved(vm, error), turns: trustTurns, files: CONFIGURATION },
    );
    this.events = new EventLog(paths.events, {
      ...{ now: () => this.now(), log: options.log },
      ownerOf: (vm) => ownerOf(options.state, vm),
    });
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
      judgeAgain: async () =>
        void (await Promise.all([this.#hostAccess?.lookAgain(), judgeInstalled(this.#machines.values(), options.log)])),
    });
    const { events, policies, changes } = this;
    this.#installed = new InstalledMachines({ options, computer, events, policies, changes });
    const installed = this.#installed;
    this.opening = new Opening({
      ...{ state: options.state, clock: options.clock, events, accounts: installed.accountSources() },
      hasHotFix: (vm) => installed.hasHotFix(vm, 'password'),
      expireTime: (vm) => installed.expireTime(vm),
    });
    this.hotFixes = new HotFixes({
      ...{ state: options.state, events, clock: options.clock },
      now: (instance) => installed.now(instance),
      document: (instance) => installed.document(instance),
      startable: (instance) => installed.startable(instance),
      inTurnOf: (vm, work) => this.opening.inTurn(vm, work),
    });
    this.administration = new Administration({
      ...{ state: options.state, clock: options.clock, events, size: computerSize() },
      policyOf: async (instance) => (await installed.document(instance)).policy,
      inTurn: (work) => changes.inTurn(work),
    });
    const rights = async (instance: Instance) => (await installed.rules(instance)).rights;
    this.snapshots = new Snapshots({
      ...{ state: options.state, events, changes, rights, now: () => this.now() },
      ...(options.steps ? { steps: options.steps } : {}),
      runs: {
        ifRunning: (vm) => this.ifRunning(vm),
        goOn: (vm) => this.start(vm, { asker: 'anybody', isOpen: true }),
      },
    });
    this.devices = new Devices({
      ...{ state: options.state, clock: options.clock, accounts: installed.accountSources() },
      ...{ machine: (vm) => this.machine(vm), ifRunning: (vm) => this.ifRunning(vm) },
      inTurnOf: (vm, work) => this.opening.inTurn(vm, work),
      devicesOf: (vm) => installed.devices(vm),
    });
    this.reports = new InstanceReports({
      ...{ state: options.state, machines: this.#machines, takingOver: this.#takingOver },
      startable: (instance) => installed.startable(instance),
      rules: (instance) => installed.rules(instance),
      canAdminister: (instance) => this.administration.isAllowed(instance),
      hotFixes: (instance) => installed.hotFixes(instance),
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
    await Promise.all(names.map((vm) => supervisor.#finishHotFix(vm)));
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
    const suspended = [...(await suspendedOf(this.#options.state))].map(
      ([vm, { generation: kept }]) => [vm, kept] as const,
    );
    return new Map([...suspended, ...found, ...this.running()]);
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

  /** The player of a machine is closed. */
  async leave(vm: string): Promise<void> {
    const machine = this.#machines.get(vm);
    if (machine) await leave(machine);
  }

  /** Shuts all machines down, or suspends them so that the next service lets them go on. */
  async stopAll({ isSuspending }: { isSuspending: boolean }): Promise<void> {
    await Promise.all([...this.#machines.values()].map((each) => (isSuspending ? suspendOrStop(each) : each.stop())));
  }

  /**
   * Lets the machines go on that a service suspended because it ended. Nobody has asked for it, so one that opens for certain people, or
   * with a secret, does not; what keeps one from it is an event, and left to its user.
   */
  async comeBack(): Promise<void> {
    const found = [...(await suspendedOf(this.#options.state))].filter(
      ([, { state }]) => state !== 'damaged' && state.comesBack,
    );
    await Promise.all(
      found.map(([vm]) =>
        this.start(vm, { asker: 'anybody' }).catch((error: unknown) => tellStays(this.events, vm, error)),
      ),
    );
  }

  /** How it stands with the computer’s own rules; undefined where there are none. */
  hostReport(): HostReport | undefined {
    return this.#hostAccess?.report();
  }

  /** @throws VM_UNKNOWN, VM_RUNNING, PASSWORD_*, SUSPENDED_UNFIT, and what startMachine throws */
  async start(vm: string, { asker, secrets = {}, ...wish }: StartWish): Promise<MachineReport> {
    const start = this.#start(vm, { asker, secrets, signal: this.#ending.signal }, wish);
    this.#starts.add(start);
    return start.finally(() => this.#starts.delete(start));
  }

  async #start(vm: string, by: OpenedBy, { discard = false, isOpen = false }: Wish): Promise<MachineReport> {
    if (this.running().has(vm)) throw new AppError('VM_RUNNING', `${vm} is running already`);
    if (this.changes.isLeaving(vm)) throw new AppError('VM_UNKNOWN', `${vm} is being removed`);
    this.#starting.set(vm, 0);
    try {
      await openInstance(this.#options.state, vm);
      // Being put back may bring the first password back.
      await this.changes.untilChanged();
      await this.hotFixes.finish(vm);
      // Before all else: nothing of it runs, and nothing is changed, for who may not open it.
      const opened = isOpen ? IN_CLEAR : await this.opening.authenticate(vm, by);
      // Whatever is being collected now knows nothing of this start; what it leaves is looked at afterwards.
      await this.changes.untilCollected();
      await this.#takingOver.forget(vm);
      const instance = await this.#installed.toStart(vm);
      this.#starting.set(vm, instance.current.generation);
      const saved = await savedFor(instance, discard);
      if (saved && discard) await this.#requireDiscard(instance);
      const watch = await this.#installed.watch(instance);
      const isBoot = saved?.state === undefined;
      const { signal } = this.#ending;
      await writeDisks(instance, opened, { signal });
      if (!saved) await this.snapshots.mergeOpened(instance, opened);
      const key = opened.encrypts && opened.diskKey !== undefined ? { diskKey: opened.diskKey } : {};
      const start = async () =>
        startMachine(
          await this.#installed.spec(instance, { isLocked: opened.encrypts }),
          this.#installed.deps(instance, watch),
          { saved, signal, ...key },
        );
      const machine = await startOnTrial(watch, start, isBoot).catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'SUSPENDED_UNFIT') this.#unfit.add(vm);
        throw error;
      });
      this.#unfit.delete(vm);
      this.#keep(machine, watch);
      await machine.tellStarted(isBoot ? 'started' : 'resumed');
      return machine.report();
    } finally {
      this.#starting.delete(vm);
    }
  }

  /**
   * Booting a machine that could go on is a reset of it, which its project may withhold; one that cannot has no other way.
   * @throws POWER_FORBIDDEN
   */
  async #requireDiscard(instance: Instance): Promise<void> {
    const { vm } = instance.file;
    const stands = this.#unfit.has(vm) || (await whyUnusable(instance)) !== undefined;
    requirePower(await this.#installed.document(instance), 'started anew', { stands });
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
        if (!instance) return;
        await this.#removeLeftovers(instance);
        await tidySuspended(state, vm);
        await this.#installed.finishBegun(vm);
        return;
      }
      if (await this.#isSuspended(vm, record)) return;
      await this.#takingOver.begin(vm, { id, record, generation: record.generation ?? 0 });
    } catch (error) {
      log.error({ vm, ...failureOf(error) }, 'machine could not be taken over');
    }
  }

  async #finishHotFix(vm: string): Promise<void> {
    try {
      if (await readIfInstalled(this.#options.state, vm)) await this.hotFixes.finish(vm);
    } catch (error) {
      this.#options.log.error({ vm, ...failureOf(error) }, 'a hot fix could not be brought to its end');
    }
  }

  /**
   * A machine whose QEMU runs although it is suspended: the service was killed before it had ended it, or before it had set it
   * going again. No disk has changed since, so QEMU ends, and the machine stays suspended.
   */
  async #isSuspended(vm: string, { qemu, generation }: RunRecord): Promise<boolean> {
    const { state } = this.#options;
    if ((await findSuspended(state, vm))?.generation !== generation) return false;
    await endProcess(qemu);
    await this.#removeLeftovers(await openInstance(state, vm));
    return true;
  }

  async #adopt(vm: string, { record, generation }: Found): Promise<void> {
    const instance = await openInstance(this.#options.state, vm);
    const watch = await this.#installed.watch(instance, generation);
    const spec = await this.#installed.spec(instance, { generation });
    const machine = await adoptMachine(spec, record, this.#installed.deps(instance, watch, generation));
    this.#keep(machine, watch);
    await machine.log('found-again', 'the service found the machine running');
    void lookUpFor(machine, this.#options.log, 'interval');
  }

  /** Also where the machine’s files are damaged: then it was never in our hands, whatever runs of it. */
  async #clearAway(vm: string): Promise<void> {
    const records = [...(await runningRecords(this.#options.runRoot)).values()];
    if (records.some((record) => record.vm === vm)) throw new AppError('VM_RUNNING', `${vm} is running`);
    const instance = (await surveyInstances(this.#options.state)).whole.find(({ file }) => file.vm === vm);
    if (instance) await this.#removeLeftovers(instance);
    await this.#takingOver.forget(vm);
  }

  #removeLeftovers(instance: Instance): Promise<void> {
    return removeLeftovers(machineId(instance), this.#installed.runFolder(instance), this.#computer);
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

  async #tellUnsaved(vm: string, error: AppError): Promise<void> {
    const text = 'its new policy is in force, and could not be kept for the next service';
    await this.events.add({ vm, kind: 'failed', text, details: { ...failureOf(error) }, same: error.code });
  }
}
