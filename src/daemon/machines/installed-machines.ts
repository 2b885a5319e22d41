import { join } from 'node:path';
import { finishReimage, isReimaging } from '../../install/change/back/reimage.ts';
import { finishSnapshotWork, hasSnapshotWork } from '../../install/snapshots/snapshot-work.ts';
import { readFloor } from '../../install/state/floor.ts';
import { type Instance, isDamage, openInstance } from '../../install/state/instances.ts';
import { examine } from '../../install/state/machine/damage.ts';
import { readHardware } from '../../install/state/machine/hardware.ts';
import { isLocked as isLockedHere } from '../../install/state/machine/locked.ts';
import { readCounter, readReported, writeCounter, writeReported } from '../../install/state/machine/reported.ts';
import { judgeTrial, readTrial } from '../../install/state/machine/trial.ts';
import { isSealSettled, readPolicy, settleSeal } from '../../install/state/policies.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import type { Steps } from '../../lib/steps.ts';
import { ruleOf } from '../../policy/devices.ts';
import { askableProblems, type HotFixProblem } from '../../policy/hot-fixes.ts';
import { rightsOf } from '../../policy/reading/rights.ts';
import { settingsOf } from '../../policy/reading/settings.ts';
import type { PolicyDocument } from '../../policy/schema.ts';
import type { Computer } from '../../run/computer/computer.ts';
import type { EventLog } from '../../run/computer/events.ts';
import { type DeviceState, deviceFacts } from '../../run/devices/connected-devices.ts';
import type { MachineSpec, RunDeps } from '../../run/machine/spec.ts';
import { askComputer } from '../../servers/directory/ask-computer.ts';
import type { PolicyOwner, PolicyStore } from '../../servers/policies.ts';
import type { Clock } from '../../sys/clock.ts';
import type { Log } from '../../sys/log.ts';
import type { Resolvers } from '../../sys/names/resolver.ts';
import type { Changes } from '../installs/changes.ts';
import type { Housekeeping } from '../installs/housekeeping.ts';
import { TrialWatch } from '../installs/trial.ts';
import type { AccountSources } from '../openers/opener.ts';
import { type Startable, Terms } from '../terms/terms.ts';
import { installedPlugins } from './plugins.ts';
import type { Rules } from './report.ts';
import { installedSpec, machineId } from './spec.ts';

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
  /** Told after each step of suspending machines and going on with them. */
  steps?: Steps;
}

/** What all machines have of the service that runs them. */
interface Service {
  options: ServiceOptions;
  computer: Computer;
  events: EventLog;
  policies: PolicyStore;
  housekeeping: Housekeeping;
  changes: Changes;
}

/** What an installed machine runs with: its generation, specification, policy, version, plug-ins and trial. */
export class InstalledMachines {
  readonly #service: Service;
  readonly #terms: Terms;

  constructor(service: Service) {
    const { options, policies } = service;
    this.#service = service;
    this.#terms = new Terms(() => policies.now(options.clock()));
  }

  /** The machine in the generation that it starts with: one that did not prove itself goes back first. @throws VM_UNKNOWN, FILE_* */
  async toStart(vm: string): Promise<Instance> {
    const { options, housekeeping, changes } = this.#service;
    await this.finishBegun(vm);
    const { instance, decision } = await this.#look(vm);
    if (decision.start === 'current') return instance;
    return housekeeping.inTurn(async () => {
      // An installation that was under way may have brought another generation.
      const now = await this.#look(vm);
      if (now.decision.start === 'current') return now.instance;
      await changes.rollBackNow(vm, `by itself: ${now.decision.reason}`);
      return openInstance(options.state, vm);
    });
  }

  /** What was being put back, or kept, when a service ended is brought to its end before it is used. */
  async finishBegun(vm: string): Promise<void> {
    const { options, housekeeping } = this.#service;
    if (await hasSnapshotWork(options.state, vm))
      await housekeeping.inTurn(() => finishSnapshotWork(options.state, vm));
    const { current } = await openInstance(options.state, vm);
    if (!(await isSealSettled(options.state, vm))) await housekeeping.inTurn(() => settleSeal(options.state, vm));
    if (!(await isReimaging(options.state, vm, current.generation))) return;
    await housekeeping.inTurn(() => finishReimage(options.state, vm, current));
  }

  async #look(vm: string) {
    const { state } = this.#service.options;
    const instance = await openInstance(state, vm);
    const damage = (await examine(state, vm))?.damage;
    if (damage) throw damage.failure;
    const { current, former } = instance;
    const canGoBack = former !== undefined && former >= (await readFloor(state));
    return { instance, decision: judgeTrial(await readTrial(state, vm, current.generation), canGoBack) };
  }

  /** @throws FILE_* when the generation cannot be read, FIRMWARE_MISSING */
  async spec(instance: Instance, which: { generation?: number; isLocked?: boolean } = {}): Promise<MachineSpec> {
    const { state } = this.#service.options;
    const { generation = instance.current.generation } = which;
    const isLocked = which.isLocked ?? (await isLockedHere(state, instance.file.vm));
    return installedSpec(state, instance, this.runFolder(instance), { generation, isLocked });
  }

  runFolder(instance: Instance): string {
    return join(this.#service.options.runRoot, machineId(instance));
  }

  /** Undefined where its policy wants no trial. */
  async watch({ file, current }: Instance, generation = current.generation): Promise<TrialWatch | undefined> {
    const { options, events, housekeeping } = this.#service;
    const { state, log, clock: now } = options;
    const { vm } = file;
    const { updates } = current.machine.policy.policy;
    if (!updates) return undefined;
    return TrialWatch.open({
      ...{ state, vm, generation, timeout: updates.healthTimeout, now },
      inTurn: (work) => housekeeping.inTurn(work),
      log: (kind, text) => events.add({ vm, kind, text }),
      onFailure: (error) => log.error({ vm, ...failureOf(error) }, 'a trial could not be ended'),
    });
  }

  /** The policy that is known of a machine; nobody is asked. @throws STATE_DAMAGED */
  async document(instance: Instance): Promise<PolicyDocument> {
    return (await this.#service.policies.current(await ownerOf(instance))).document;
  }

  /** The problems that its user may ask a hot fix for. */
  async hotFixes(instance: Instance): Promise<readonly HotFixProblem[]> {
    return askableProblems(await this.document(instance));
  }

  /** Whether its user may ask for a hot fix for this problem; not where that cannot be told. */
  async hasHotFix(vm: string, problem: HotFixProblem): Promise<boolean> {
    try {
      return (await this.hotFixes(await openInstance(this.#service.options.state, vm))).includes(problem);
    } catch (error) {
      if (isDamage(error)) return false;
      throw error;
    }
  }

  /** A time that never goes back; where this computer knows none of the machine’s own, as after a move, that of what was signed. */
  async now(instance: Instance): Promise<number> {
    try {
      return await this.#terms.source(instance).now();
    } catch (error) {
      if (!isDamage(error)) throw error;
      return this.#service.policies.now(this.#service.options.clock());
    }
  }

  /** How it stands with the time and the place of a machine that does not run. */
  async startable(instance: Instance): Promise<Startable> {
    return this.#terms.startable(instance, await this.#service.policies.current(await ownerOf(instance)));
  }

  /** A machine’s end, for its plug-ins. @throws STATE_DAMAGED */
  async expireTime(vm: string): Promise<string> {
    const instance = await openInstance(this.#service.options.state, vm);
    return this.#terms.expireTime(instance, await this.#service.policies.current(await ownerOf(instance)));
  }

  /** What its policy lets its user do. */
  async rules(instance: Instance): Promise<Rules> {
    const { policy } = await this.document(instance);
    const { state, file, current } = instance;
    const { document: installed } = await readPolicy(state, file.vm);
    const { memoryMiB, cpus } = (await readHardware(state, file.vm, current.generation)) ?? current.machine;
    return {
      rights: rightsOf(policy),
      settings: { memoryMiB, cpus, policies: settingsOf(policy, installed.policy) },
    };
  }

  /** The devices of one that does not run. @throws VM_UNKNOWN */
  async devices(vm: string): Promise<DeviceState[]> {
    const instance = await openInstance(this.#service.options.state, vm);
    const { policy } = await this.document(instance);
    const { devices = {} } = instance.current.machine;
    return Object.entries(devices).map(([name, device]) => deviceFacts(name, device, ruleOf(policy.devices, name)));
  }

  /** What those are asked of who open machines by their accounts. */
  accountSources(): AccountSources {
    const { options, policies } = this.#service;
    const { state, clock } = options;
    return {
      lookUp: async (vm, signal) => {
        const owner = await ownerOf(await openInstance(state, vm));
        if (owner.server === undefined) return { policy: await policies.known(owner) };
        try {
          return { policy: await policies.lookUpAnyway(owner, clock(), signal) };
        } catch (failure) {
          if (!(failure instanceof AppError) || failure.code === 'INTERRUPTED') throw failure;
          return { policy: await policies.known(owner), failure };
        }
      },
      trustedNow: async (vm) => this.#terms.source(await openInstance(state, vm)).now(),
      askDomain: async (domain, signIn) => {
        // What speaks LDAP is loaded when it is needed.
        const { askDomain } = await import('../../servers/directory/ask-domain.ts');
        return askDomain(domain, signIn);
      },
      askComputer,
    };
  }

  deps(instance: Instance, watch?: TrialWatch, generation = instance.current.generation): RunDeps {
    const { file, state } = instance;
    const { computer, events, policies } = this.#service;
    const { clock, log, steps } = this.#service.options;
    const owner = () => ownerOf(instance);
    return {
      ...{ computer, events, log },
      ...(steps ? { steps } : {}),
      plugins: installedPlugins(state, file.vm),
      term: this.#terms.source(instance, generation),
      nextGeneration: async () => (await openInstance(state, file.vm)).current.generation,
      movedFrom: () => this.#terms.movedFrom(instance),
      ...(watch ? { onHello: (healthy) => watch.hello(healthy) } : {}),
      policies: {
        current: async () => policies.current(await owner()),
        watch: async (signal) => policies.watch(await owner(), signal),
        lookUp: async (signal) => policies.lookUp(await owner(), clock(), signal),
        now: () => policies.now(clock()),
      },
      descriptors: {
        read: () => readReported(state, file.vm, generation),
        write: (reported) => writeReported(state, file.vm, generation, reported),
        counter: () => readCounter(state, file.vm),
        keepCounter: (counter) => writeCounter(state, file.vm, counter),
      },
    };
  }
}

/** Whose policy it is, with the one that a package brought. @throws STATE_DAMAGED */
async function ownerOf({ state, file: { vm } }: Instance): Promise<PolicyOwner> {
  const { document, policyServer } = await readPolicy(state, vm);
  return { vm: { name: vm, id: document.vmId }, packaged: document, server: policyServer };
}
