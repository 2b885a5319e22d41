import { join } from 'node:path';
import { mendTrustOf } from '../install/change/prove/mend-trust.ts';
import type { Instance } from '../install/state/instances.ts';
import { computerPaths } from '../install/state/layout.ts';
import { CONFIGURATION } from '../install/state/machine/configuration.ts';
import { ownerOf } from '../install/state/machine/owner.ts';
import { type AppError, failureOf } from '../lib/errors.ts';
import { Turns } from '../lib/turns.ts';
import type { HostAccess, HostReport } from '../run/computer/bound-computer.ts';
import { type Computer, openComputer } from '../run/computer/computer.ts';
import type { ServiceFacts } from '../run/computer/doctor/doctor-facts.ts';
import { EventLog } from '../run/computer/events.ts';
import { runningRecords } from '../run/machine/record.ts';
import { PolicyStore } from '../servers/policies.ts';
import { computerSize } from '../sys/computer-size.ts';
import { newestSigned } from '../trust/verify/time.ts';
import { beginHostAccess } from './begin-host-access.ts';
import { HotFixes } from './hot-fixes/hot-fixes.ts';
import { Changes } from './installs/changes.ts';
import { Housekeeping } from './installs/housekeeping.ts';
import { Installs } from './installs/installs.ts';
import { Removals } from './installs/removals.ts';
import { Administration } from './machines/administration.ts';
import { Devices } from './machines/devices.ts';
import { InstalledMachines, type ServiceOptions } from './machines/installed-machines.ts';
import { InstanceReports } from './machines/instance-reports.ts';
import { judgeInstalled } from './machines/judge-machines.ts';
import { Recovery } from './machines/recovery.ts';
import { RunningMachines } from './machines/running-machines.ts';
import { Snapshots } from './machines/snapshots.ts';
import { Starts } from './machines/starts.ts';
import { suspendedOf } from './machines/suspended.ts';
import { TakingOver } from './machines/taking-over.ts';
import { Opening } from './openers/opening.ts';

/** The machines of this computer, and who does what with them. Nothing here decides; run does. */
export class Supervisor implements AsyncDisposable {
  readonly events: EventLog;
  readonly policies: PolicyStore;
  /** Those that run. */
  readonly machines: RunningMachines;
  /** What lets them run. */
  readonly starts: Starts;
  /** How it stands with each. */
  readonly reports: InstanceReports;
  /** What comes from packages. */
  readonly installs: Installs;
  /** The queue of what changes anything here, and what it does when there is nothing else. */
  readonly housekeeping: Housekeeping;
  /** What changes one that is installed. */
  readonly changes: Changes;
  /** What takes them off this computer. */
  readonly removals: Removals;
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
  readonly #takingOver: TakingOver;
  readonly #recovery: Recovery;

  private constructor(options: ServiceOptions, computer: Computer) {
    this.#options = options;
    this.#computer = computer;
    const { state, log, clock, runRoot } = options;
    const paths = computerPaths(state);
    const trustTurns = new Turns();
    const now = () => this.now();
    const running = () => this.running();
    this.policies = new PolicyStore(
      { trust: paths.trust, cache: paths.policies, account: paths.directory, spare: join(runRoot, 'trust') },
      { onUnsaved: (vm, error) => void this.#tellUnsaved(vm, error), turns: trustTurns, files: CONFIGURATION },
    );
    this.events = new EventLog(paths.events, { ...{ now, log }, ownerOf: (vm) => ownerOf(state, vm) });
    const { events, policies } = this;
    this.machines = new RunningMachines({ log, onEnded: () => this.housekeeping.tidy() });
    const { machines } = this;
    this.#takingOver = new TakingOver({
      ...{ runRoot, computer, log, events },
      adopt: (vm, found) => this.#recovery.adopt(vm, found),
    });
    const takingOver = this.#takingOver;
    const isStarting = () => this.starts.generations().size > 0;
    this.housekeeping = new Housekeeping({ ...{ state, log, isStarting }, inUse: () => this.#inUse() });
    const { housekeeping } = this;
    const judgeAgain = async () =>
      void (await Promise.all([this.#hostAccess?.lookAgain(), judgeInstalled(machines.all(), log)]));
    this.installs = new Installs({
      ...{ state, events, housekeeping, trustTurns, clock, running, isStarting, judgeAgain },
    });
    this.changes = new Changes({ state, events, housekeeping, running });
    const { changes } = this;
    this.removals = new Removals({
      ...{ state, log, events, housekeeping, running, judgeAgain },
      clearAway: (vm) => this.#recovery.clearAway(vm),
    });
    const { removals } = this;
    const installed = new InstalledMachines({ options, computer, events, policies, housekeeping, changes });
    const accounts = installed.accountSources();
    this.opening = new Opening({
      ...{ state, clock, events, accounts },
      hasHotFix: (vm) => installed.hasHotFix(vm, 'password'),
      expireTime: (vm) => installed.expireTime(vm),
    });
    const { opening } = this;
    this.hotFixes = new HotFixes({
      ...{ state, events, clock },
      now: (instance) => installed.now(instance),
      document: (instance) => installed.document(instance),
      startable: (instance) => installed.startable(instance),
      inTurnOf: (vm, work) => opening.inTurn(vm, work),
    });
    const { hotFixes } = this;
    this.administration = new Administration({
      ...{ state, clock, events, size: computerSize() },
      policyOf: async (instance) => (await installed.document(instance)).policy,
      inTurn: (work) => housekeeping.inTurn(work),
    });
    this.snapshots = new Snapshots({
      ...{ state, events, housekeeping, changes, now },
      rights: async (instance: Instance) => (await installed.rules(instance)).rights,
      ...(options.steps ? { steps: options.steps } : {}),
      runs: {
        ifRunning: (vm) => machines.find(vm),
        goOn: (vm) => this.starts.start(vm, { asker: 'anybody', isOpen: true }),
      },
    });
    const { snapshots } = this;
    this.devices = new Devices({
      ...{ state, clock, accounts },
      ...{ machine: (vm) => machines.of(vm), ifRunning: (vm) => machines.find(vm) },
      inTurnOf: (vm, work) => opening.inTurn(vm, work),
      devicesOf: (vm) => installed.devices(vm),
    });
    this.reports = new InstanceReports({
      ...{ state, machines, takingOver },
      startable: (instance) => installed.startable(instance),
      rules: (instance) => installed.rules(instance),
      canAdminister: (instance) => this.administration.isAllowed(instance),
      hotFixes: (instance) => installed.hotFixes(instance),
    });
    this.starts = new Starts({
      ...{ state, events, machines, installed, opening, hotFixes, snapshots },
      ...{ housekeeping, changes, removals, takingOver, running },
    });
    this.#recovery = new Recovery({ options, computer, machines, installed, hotFixes, takingOver });
  }

  /** Opens the machines of a state folder: those that still run are taken over, what others left behind is removed. */
  static async open(options: ServiceOptions): Promise<Supervisor> {
    const { accel, resolvers, shownResolvers, ownOutside, runRoot } = options;
    const computer = await openComputer({
      ...{ accel, runRoot, accelFile: computerPaths(options.state).accel },
      ...(resolvers ? { resolvers } : {}),
      ...(shownResolvers ? { shownResolvers } : {}),
      ...(ownOutside ? { ownOutside } : {}),
    });
    const supervisor = new Supervisor(options, computer);
    await supervisor.#begin();
    return supervisor;
  }

  async #begin(): Promise<void> {
    const { state, log } = this.#options;
    await mendTrustOf(state).catch((error: unknown) =>
      log.error(failureOf(error), 'what this computer trusts is damaged'),
    );
    // Before all else: what was consented to holds before anybody is answered.
    this.#hostAccess = await beginHostAccess(this.#options, this.#computer, {
      ...{ events: this.events, policies: this.policies },
      now: () => this.now(),
    });
    await this.#recovery.recoverAll();
    await this.housekeeping.tidy();
    this.housekeeping.flattenSoon();
  }

  /** The machines that run or are being started, and the generation of each. */
  running(): Map<string, number> {
    return new Map([...this.#takingOver.running(), ...this.starts.generations(), ...this.machines.generations()]);
  }

  /** The same, with what runs although this service has no hand on it, and with what is suspended. */
  async #inUse(): Promise<Map<string, number>> {
    const { runRoot, state } = this.#options;
    const records = [...(await runningRecords(runRoot)).values()];
    const found = records.flatMap(({ vm, generation }) =>
      generation === undefined ? [] : [[vm, generation] as const],
    );
    const suspended = [...(await suspendedOf(state))].map(([vm, { generation }]) => [vm, generation] as const);
    return new Map([...suspended, ...found, ...this.running()]);
  }

  /** What the doctor cannot see himself. */
  async facts(): Promise<ServiceFacts & { accel: 'kvm' | 'tcg' }> {
    const { state } = this.#options;
    const signedAt = await newestSigned(computerPaths(state).trust);
    return { state, accel: this.#computer.accel, ...(signedAt === undefined ? {} : { signedAt }) };
  }

  /** How it stands with the computer’s own rules; undefined where there are none. */
  hostReport(): HostReport | undefined {
    return this.#hostAccess?.report();
  }

  /** The trusted time in milliseconds. */
  now(): Promise<number> {
    return this.policies.now(this.#options.clock());
  }

  /** Lets go of the machines, which run on. What is being started is given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.starts[Symbol.asyncDispose]();
    this.housekeeping.end();
    await this.#takingOver[Symbol.asyncDispose]();
    await this.#hostAccess?.[Symbol.asyncDispose]();
    await this.machines[Symbol.asyncDispose]();
  }

  async #tellUnsaved(vm: string, error: AppError): Promise<void> {
    const text = 'its new policy is in force, and could not be kept for the next service';
    await this.events.add({ vm, kind: 'failed', text, details: { ...failureOf(error) }, same: error.code });
  }
}
