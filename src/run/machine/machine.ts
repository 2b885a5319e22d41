import type { Stopper } from '../../firewall/machine/foreign-rules.ts';
import type { MachineNetwork } from '../../firewall/machine/network.ts';
import type { ResolversReport } from '../../firewall/machine/network-options.ts';
import { type SubnetReport, subnetReport } from '../../firewall/machine/own-subnets.ts';
import type { NameReport } from '../../firewall/names/names.ts';
import type { AgentChannel } from '../../guest/agent/agent-channel.ts';
import type { ClipboardRules } from '../../guest/agent/copied.ts';
import type { GuestChannel } from '../../guest/channel.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import { requireGoing } from '../../lib/interrupted.ts';
import type { Enforcement } from '../../policy/quarantine.ts';
import { type Destination, type Explanation, explain } from '../../quarantine/lists/explain.ts';
import { movedText } from '../../quarantine/subnets.ts';
import { resolversNow } from '../../sys/network/resolver.ts';
import { endProcess, hasGone } from '../../sys/programs/processes.ts';
import type { Accel } from '../../vm/args.ts';
import type { MachineLog } from '../../vm/machine-log.ts';
import type { Moved } from '../../vm/memory.ts';
import type { Qmp } from '../../vm/qmp.ts';
import type { Access } from '../access/access.ts';
import { type Refused, tellRefusals, withRules } from '../access/refusals.ts';
import type { AccessReport } from '../access/report.ts';
import type { LoggedEvent } from '../computer/events.ts';
import type { ConnectedDevices } from '../devices/connected-devices.ts';
import { devicesOf } from '../devices/devices-of.ts';
import type { SavedPlace, SavedState } from '../suspend/saved-state.ts';
import { suspendMachine } from '../suspend/suspend.ts';
import { FollowedTerm } from '../term/followed-term.ts';
import type { KnownTerm } from '../term/known-term.ts';
import { type TermReport, termReport } from '../term/report.ts';
import { clipboardRules } from './clipboard.ts';
import type { GuestRequests, GuestWord } from './guest-requests.ts';
import { requirePower } from './power.ts';
import type { Readiness } from './readiness.ts';
import { type RunRecord, removeRecord } from './record.ts';
import { shutDown } from './shut-down.ts';
import type { MachineSpec, RunDeps } from './spec.ts';
import type { Standing, Standstill } from './standing.ts';

const QUIT_MS = 10_000;
/** The kernel tells of its network; nobody tells of other resolvers. */
const LOOK_MS = 2000;
const FOLLOW_HOST_MS = 60_000;
const MAX_NAMES = 200;

export interface MachineReport extends AccessReport, SubnetReport, TermReport {
  vm: string;
  /** `paused`: the guest stands still, and `stands` says why. */
  state: 'running' | 'paused' | 'stopping' | 'suspending';
  stands?: Standstill;
  /** How far its memory is saved, while it is. */
  saved?: Moved;
  accel: Accel;
  enforcement: Enforcement;
  startedAt: string;
  /** Since when its guest is known to have its address; undefined while it has none. */
  readySince?: string;
  /** What it last said of itself, as far as this service has heard it. */
  guest?: GuestWord;
  generation?: number;
  /** Another program’s rules that stop on the computer what the machine may send. */
  stoppedBy?: Stopper;
  /** Whom the guest’s names are asked of. */
  resolvers?: ResolversReport;
  /** The names of its lists, those that do not resolve first; at most some hundred. */
  names?: NameReport[];
}

/** All that a running machine consists of. */
export interface MachineParts {
  spec: MachineSpec;
  deps: RunDeps;
  record: RunRecord;
  network: MachineNetwork;
  access: Access;
  /** How long it may be used. */
  known: KnownTerm;
  qmp: Qmp;
  channel: GuestChannel;
  /** To the agent of its guest; a machine that an earlier release started has no port for one. */
  agent: AgentChannel | undefined;
  requests: GuestRequests;
  standing: Standing;
  qemuLog: MachineLog;
  readiness: Readiness;
  stack: AsyncDisposableStack;
}

/** QEMU may be gone before it answers: that is what was wanted. */
function unlessGone(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'VM_FAILED')) throw error;
}

/** A running machine: what it may reach, how it is asked to stop, and what happens when it has. */
export class RunningMachine implements AsyncDisposable {
  /** Settles when the machine has ended, whatever ended it, and everything of it is gone from this computer. */
  readonly ended: Promise<void>;
  readonly spec: MachineSpec;
  readonly record: RunRecord;
  readonly access: Access;
  /** What its user may connect. */
  readonly devices: ConnectedDevices;
  readonly agent: AgentChannel | undefined;
  readonly #deps: RunDeps;
  readonly #network: MachineNetwork;
  readonly #qmp: Qmp;
  readonly #channel: GuestChannel;
  readonly #requests: GuestRequests;
  readonly #readiness: Readiness;
  readonly #parts: AsyncDisposableStack;
  readonly #standing: Standing;
  readonly #qemuLog: MachineLog;
  #isStopping = false;
  /** It is being suspended, or was. */
  #suspending: Promise<SavedState> | undefined;
  #saved: Moved | undefined;
  #end: 'suspended' | undefined;
  /** Why it is powered off, where its guest was to shut down. */
  #poweredOff: string | undefined;
  readonly #following: NodeJS.Timeout;
  readonly #quiet = new AbortController();
  readonly #telling: Promise<void>;
  readonly #known: KnownTerm;
  readonly #term: FollowedTerm;
  #detached = false;
  #followedAt = performance.now();
  #resolvers: string | undefined;

  /** Takes over what `startMachine` or `adoptMachine` have put together; `parts.stack` is disposed of when the machine ends. */
  constructor(parts: MachineParts) {
    this.spec = parts.spec;
    this.record = parts.record;
    this.access = parts.access;
    this.agent = parts.agent;
    this.#deps = parts.deps;
    this.#network = parts.network;
    this.#qmp = parts.qmp;
    this.#channel = parts.channel;
    this.#requests = parts.requests;
    this.#standing = parts.standing;
    this.#qemuLog = parts.qemuLog;
    this.#readiness = parts.readiness;
    this.#parts = parts.stack;
    this.#following = setInterval(() => void this.#followHost(), LOOK_MS).unref();
    this.#telling = this.#tellRefusals();
    this.#known = parts.known;
    this.devices = devicesOf(parts, this.#quiet.signal);
    this.#term = this.#followTerm();
    this.ended = this.#watch();
  }

  report(): MachineReport {
    const { accel, startedAt } = this.record;
    const { name } = this.spec;
    const { enforcement } = this.#deps.computer;
    const stoppedBy = this.#network.stopper;
    const stands = this.#standing.standstill;
    const readySince = this.#readiness.since;
    const guest = this.#requests.word;
    return {
      vm: name,
      state: this.#isStopping ? 'stopping' : this.#suspending ? 'suspending' : stands ? 'paused' : 'running',
      ...(stands ? { stands } : {}),
      ...(this.#saved ? { saved: this.#saved } : {}),
      accel,
      enforcement,
      startedAt,
      ...(readySince === undefined ? {} : { readySince }),
      ...(guest ? { guest } : {}),
      ...(this.spec.generation === undefined ? {} : { generation: this.spec.generation }),
      ...this.access.report(),
      ...termReport(this.#known.term),
      ...(this.#network.resolvers ? { resolvers: this.#network.resolvers } : {}),
      ...this.#names(),
      ...(stoppedBy ? { stoppedBy } : {}),
      ...subnetReport(this.#network),
    };
  }

  #names(): { names?: NameReport[] } {
    const names = this.#network.names().sort((a, b) => Number(b.code !== undefined) - Number(a.code !== undefined));
    return names.length > 0 ? { names: names.slice(0, MAX_NAMES) } : {};
  }

  /** What of what was copied may pass now. */
  clipboardRules(): ClipboardRules {
    return clipboardRules(this.access.policy.document.policy);
  }

  /** Whether the list in force lets the machine reach a destination, and by which rule; names stand for what the filter has. */
  async explain(to: Destination): Promise<Explanation> {
    return (await this.#explainer())(to);
  }

  /** What the filter refused lately, most packets first, and by which rule of the list in force. */
  async refused(): Promise<Refused[]> {
    const denied = await this.#network.denied();
    return denied.length === 0 ? [] : withRules(denied, await this.#explainer());
  }

  async #explainer(): Promise<(to: Destination) => Explanation> {
    const { filterMode, lists } = this.access.verdict;
    if (filterMode === 'refuse') return () => ({ allowed: false, rule: 'no access: nothing passes' });
    const own = new Set((await this.#deps.computer.host.links()).addresses);
    const names = await this.#network.namedAddresses(filterMode);
    return (to) => {
      if (own.has(to.host)) return { allowed: false, rule: 'always closed: this computer itself' };
      const explained = explain(lists[filterMode], to, names, {
        ipv6: this.#network.hasIpv6,
        subnets: this.#network.own.subnets,
      });
      const { stopper } = this.#network;
      if (!explained.allowed || !stopper) return explained;
      const rule = `${explained.rule}, but ${stopper.program} stops it on this computer; let it through: ${stopper.command}`;
      return { allowed: false, rule };
    };
  }

  /**
   * Waits until the guest has its address: its programs reach what they may from then on.
   * @throws VM_NOT_READY when it has none after `timeoutMs`, VM_NOT_RUNNING when the machine ended before
   */
  async untilReady(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const limit = AbortSignal.timeout(timeoutMs);
    if (await this.#readiness.until(AbortSignal.any([limit, this.#quiet.signal, ...(signal ? [signal] : [])]))) return;
    const { name } = this.spec;
    requireGoing(signal);
    if (this.#quiet.signal.aborted) throw new AppError('VM_NOT_RUNNING', `${name} ended before its guest was ready`);
    const seconds = Math.round(timeoutMs / 1000);
    throw new AppError('VM_NOT_READY', `${name} runs, but its guest has no address after ${seconds} s`);
  }

  /**
   * Shuts the guest down; one that cannot or does not, or by `force`, is powered off. Returns when all of it is gone, and gives why
   * it was powered off where that was not asked for.
   */
  async stop(force = false): Promise<string | undefined> {
    return this.#endRun(force, () => undefined);
  }

  /** The same for its user, who powers it off only where its policy lets him. @throws POWER_FORBIDDEN: it runs on then */
  async stopForUser(force: boolean): Promise<string | undefined> {
    if (force) this.#requirePower('powered off');
    return this.#endRun(force, (why) => this.#requirePower('powered off', why));
  }

  /** Restarts it as its reset button would. @throws POWER_FORBIDDEN, VM_FAILED */
  async reset(): Promise<void> {
    this.#requirePower('reset');
    await this.#qmp.execute('system_reset');
    await this.log('guest', 'it was reset by its user');
  }

  #requirePower(what: string, why?: string): void {
    requirePower(this.access.policy.document, what, { why, stands: this.#standing.standstill !== undefined });
  }

  /** Ends it; `mayPowerOff` throws where a guest that does not shut down is to run on. */
  async #endRun(force: boolean, mayPowerOff: (why: string) => void): Promise<string | undefined> {
    // One that is suspended has stopped.
    if (
      await this.#suspending?.then(
        () => true,
        () => false,
      )
    )
      return undefined;
    this.#isStopping = true;
    const { qemu } = this.record;
    const parts = {
      qemu: this.#qmp,
      standing: this.#standing,
      hasGone: (timeoutMs: number) => hasGone(qemu, timeoutMs),
    };
    try {
      const why = force ? undefined : await shutDown(parts);
      if (why !== undefined) mayPowerOff(why);
      this.#poweredOff = why;
      if (force || why !== undefined) await this.#qmp.execute('quit');
      await hasGone(qemu, QUIT_MS);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'VM_FAILED')) this.#isStopping = false;
      unlessGone(error);
    }
    await endProcess(qemu);
    await this.ended;
    return this.#poweredOff;
  }

  /**
   * Saves memory and devices, and ends it: its next start goes on where it was. Whoever asks meanwhile gets the same. When this
   * throws, it runs on. @throws SUSPEND_IMPOSSIBLE, DISK_FULL, VM_STANDS_STILL, VM_DISK_FULL, VM_FAILED
   */
  async suspend({ comesBack = false } = {}): Promise<SavedState> {
    const saved = await this.#suspendOnce(comesBack);
    await this.ended;
    return saved;
  }

  #suspendOnce(comesBack = false): Promise<SavedState> {
    this.#suspending ??= this.#suspend(comesBack).catch((error: unknown) => {
      this.#suspending = undefined;
      this.#saved = undefined;
      throw error;
    });
    return this.#suspending;
  }

  async #suspend(comesBack: boolean): Promise<SavedState> {
    const place = this.#requireSavable();
    const { memoryRecipient: recipient } = this.record;
    const [qemu, standing, spec, deps] = [this.#qmp, this.#standing, this.spec, this.#deps];
    const onProgress = (moved: Moved) => {
      this.#saved = moved;
    };
    const saved = await suspendMachine({
      ...{ spec, place, recipient, deps, qemu, standing, comesBack, onProgress },
      devices: this.devices,
      signal: this.#quiet.signal,
    });
    this.#end = 'suspended';
    await qemu.execute('quit').catch(unlessGone);
    await endProcess(this.record.qemu, QUIT_MS);
    return saved;
  }

  /** @throws SUSPEND_IMPOSSIBLE */
  #requireSavable(): SavedPlace {
    const { name, saved, files } = this.spec;
    // As they are, and as they are to be: no deployed policy alone changes it.
    const isEncrypted = files.isLocked === true || this.access.policy.document.policy.encryption?.disks === true;
    const wouldBeRead = isEncrypted && this.record.memoryRecipient === undefined;
    if (saved && !wouldBeRead && !this.#isStopping) return saved;
    const why = wouldBeRead
      ? 'its disks are to be encrypted from its next start on, and its memory would lie here in clear'
      : this.#isStopping
        ? 'it is shutting down'
        : 'it runs in the project';
    throw new AppError('SUSPEND_IMPOSSIBLE', `${name} cannot be suspended: ${why}`);
  }

  /** Lets go of the machine, which runs on under the rules it has; a later service takes it over. */
  async [Symbol.asyncDispose](): Promise<void> {
    // What is being saved comes to its end first.
    await this.#suspending?.catch(() => undefined);
    if (this.#end === 'suspended') return this.ended;
    this.#detached = true;
    clearInterval(this.#following);
    this.#quiet.abort();
    await this.#telling;
    await this.#term[Symbol.asyncDispose]();
    await this.#readiness[Symbol.asyncDispose]();
    this.access.end();
    await this.#channel[Symbol.asyncDispose]();
    await this.agent?.[Symbol.asyncDispose]();
    await this.access[Symbol.asyncDispose]();
    this.#standing[Symbol.dispose]();
    await this.#qmp[Symbol.asyncDispose]();
    this.#qemuLog[Symbol.dispose]();
    await this.#network.detach();
  }

  /** Tells that it was started, and what its user should know. To be called once somebody looks after it. */
  async tellStarted(how: 'started' | 'resumed' = 'started'): Promise<void> {
    const { access, reason, why, message } = this.access.report();
    await this.log('started', `${how} with ${access} access: ${reason}`, { how, access, why });
    for (const moved of this.#network.own.moved)
      await this.log('network', `its network has ${movedText(moved)}`, moved);
    if (message !== undefined && this.spec.mode !== 'free') await this.log('message', message);
  }

  /** Puts the host’s part right where the computer has moved to another network, or somebody has flushed its rules. */
  async #followHost(): Promise<void> {
    try {
      const resolvers = await resolversNow(this.#deps.computer.resolvers);
      const isDue = performance.now() - this.#followedAt > FOLLOW_HOST_MS;
      if (!isDue && resolvers.join() === this.#resolvers) return;
      this.#followedAt = performance.now();
      this.#resolvers = resolvers.join();
      await this.#network.followHost();
    } catch (error) {
      this.#deps.log.error({ vm: this.spec.name, ...failureOf(error) }, 'cannot follow the host’s network');
    }
  }

  #followTerm(): FollowedTerm {
    const [qmp, standing] = [this.#qmp, this.#standing];
    const machine = {
      policy: () => this.access.policy.document,
      suspend: async () => void (await this.#suspendOnce()),
      pressPowerButton: async () => void (await qmp.execute('system_powerdown')),
      hold: () => standing.hold(qmp, 'its time is over'),
      goOn: async () => void (await standing.goOn(qmp)),
    };
    const { log } = this.#deps;
    return new FollowedTerm({ known: this.#known, machine, note: (...said) => this.log(...said), log });
  }

  #tellRefusals(): Promise<void> {
    const { log } = this.#deps;
    const tell = (text: string, details: object) => this.log('refused', text, details);
    return tellRefusals({ refused: () => this.refused(), tell, log }, this.#quiet.signal);
  }

  async #watch(): Promise<void> {
    await this.#qmp.closed;
    clearInterval(this.#following);
    this.#quiet.abort();
    if (this.#detached) return;
    await this.#term[Symbol.asyncDispose]();
    await hasGone(this.record.qemu, QUIT_MS);
    const why =
      this.#standing.end ?? `QEMU ended by itself: ${(await this.#qemuLog.lastWords()) || 'without a message'}`;
    try {
      await removeRecord(this.spec.runFolder);
    } finally {
      await this.#parts.disposeAsync();
    }
    if (this.#end === 'suspended')
      return this.log(
        'suspended',
        'suspended: its next start goes on where it was, unless something has changed by then',
      );
    await this.log(
      'stopped',
      `stopped: ${why}${this.#poweredOff === undefined ? '' : `, because ${this.#poweredOff}`}`,
    );
  }

  /** Writes what happened to the machine to the log of events. */
  async log(kind: LoggedEvent['kind'], text: string, details?: object): Promise<void> {
    await this.#deps.events.add({
      vm: this.spec.name,
      kind,
      text,
      ...(details ? { details: { ...details } } : {}),
    });
  }
}
