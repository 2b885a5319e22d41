import { MachineNetwork, type NetworkOptions, removeNetwork } from '../firewall/network.ts';
import { GuestChannel } from '../guest/channel.ts';
import type { GuestRequest } from '../guest/protocol.ts';
import { AppError, failureOf } from '../lib/errors.ts';
import { requireEnforced } from '../policy/enforced.ts';
import type { AccessList, AccessLists } from '../quarantine/access-list.ts';
import { messageFor, reasonText } from '../quarantine/decide.ts';
import { type Destination, type Explanation, explain } from '../quarantine/explain.ts';
import type { CurrentPolicy } from '../store/policies.ts';
import { makeFolder, makeFolderFor, removeFolder, tailOf } from '../sys/files.ts';
import type { Log } from '../sys/log.ts';
import { endProcess, hasGone, type ProcessId } from '../sys/processes.ts';
import { type Addresses, lookUp } from '../sys/resolver.ts';
import type { Accel } from '../vm/args.ts';
import { failWhenGone, startQemu } from '../vm/machine.ts';
import { Qmp } from '../vm/qmp.ts';
import { Access, type AccessReport } from './access.ts';
import type { Computer } from './computer.ts';
import type { EventLog, LoggedEvent } from './events.ts';
import { verdictOf } from './judge.ts';
import { machineSockets, type RunRecord, removeRecord, writeRecord } from './record.ts';
import type { DescriptorStore, MachineSpec, PolicySource } from './spec.ts';
import { machineUsers } from './users.ts';

/** What a machine needs beside its specification. */
export interface RunDeps {
  computer: Computer;
  policies: PolicySource;
  descriptors: DescriptorStore;
  events: EventLog;
  log: Log;
  /** Told when the guest reports itself, with the outcome of its own health command. */
  onHello?: (healthy: boolean) => Promise<void>;
}

/** How long a guest may take to shut down before it is powered off. */
const SHUTDOWN_MS = 30_000;
const QUIT_MS = 10_000;
const FOLLOW_HOST_MS = 60_000;
const RESOLVE_MS = 3000;

export interface MachineReport extends AccessReport {
  vm: string;
  state: 'running' | 'stopping';
  accel: Accel;
  enforcement: 'host' | 'guest-only';
  startedAt: string;
  generation?: number;
}

/** A machine from its start to its stop: the one place where policy, network, QEMU and guest meet. */
export class RunningMachine implements AsyncDisposable {
  /** Settles when the machine has ended, whatever ended it, and everything of it is gone from this computer. */
  readonly ended: Promise<void>;
  readonly spec: MachineSpec;
  readonly record: RunRecord;
  readonly access: Access;
  readonly #deps: RunDeps;
  readonly #network: MachineNetwork;
  readonly #qmp: Qmp;
  readonly #channel: GuestChannel;
  readonly #parts: AsyncDisposableStack;
  #state: MachineReport['state'] = 'running';
  readonly #following: NodeJS.Timeout;
  #detached = false;

  private constructor(parts: Connected) {
    this.spec = parts.spec;
    this.record = parts.record;
    this.access = parts.access;
    this.#deps = parts.deps;
    this.#network = parts.network;
    this.#qmp = parts.qmp;
    this.#channel = parts.channel;
    this.#parts = parts.stack;
    this.#following = setInterval(() => void this.#followHost(), FOLLOW_HOST_MS).unref();
    this.ended = this.#watch();
  }

  /**
   * Starts a machine. No packet passes before the decision, and none that it does not allow after it. Nothing is left
   * when it fails.
   * @throws QUARANTINE_REFUSED, POLICY_NOT_ENFORCED, NETWORK_FAILED, FILTER_FAILED, VM_FAILED, PROGRAM_MISSING
   */
  static async start(spec: MachineSpec, deps: RunDeps, signal?: AbortSignal): Promise<RunningMachine> {
    await using stack = new AsyncDisposableStack();
    await makeFolder(spec.runFolder);
    stack.defer(() => removeFolder(spec.runFolder));
    await makeFolderFor(`${spec.runFolder}/s`, machineUsers(spec.number)?.qemu);

    // The policy is looked up while the network is made, closed, with the lists that are known already.
    const looking = startPolicy(deps, signal);
    looking.catch(() => undefined);
    const descriptor = await deps.descriptors.read();
    const known = verdictOf(spec.mode, await deps.policies.current(), descriptor, await deps.policies.now());
    const opened = await MachineNetwork.open(await networkOptions(spec, deps, known.lists));
    const network = stack.adopt(opened, (open) => open.close());
    const policy = await looking;
    if (spec.mode !== 'free') requireEnforced(spec.name, policy.document.policy);
    const verdict = verdictOf(spec.mode, policy, descriptor, await deps.policies.now());
    if (verdict.decision.access === 'refused') throw refusal(spec, policy, reasonText(verdict.decision));

    const qemu = await launch(spec, deps, network);
    stack.defer(() => endProcess(qemu));
    const access = stack.use(await Access.begin({ spec, network, ...deps }, { policy, descriptor }));
    await network.openForwarding();
    const startedAt = new Date(await deps.policies.now()).toISOString();
    const record: RunRecord = {
      format: 1,
      vm: spec.name,
      ...generationOf(spec),
      qemu,
      accel: deps.computer.accel,
      startedAt,
    };
    await writeRecord(spec.runFolder, record);
    const connected = await connect({ spec, deps, record, network, access, stack }, signal);
    await connected.qmp.execute('cont');
    const machine = new RunningMachine({ ...connected, stack: stack.move() });
    await machine.#log('started', `started with ${access.report().access} access: ${access.report().reason}`);
    const message = messageFor(policy.document.policy.quarantine, verdict.decision);
    if (message !== undefined && spec.mode !== 'free') await machine.#log('message', message);
    return machine;
  }

  /**
   * Takes over a machine that an earlier service started and that still runs. Its filter was never open in between.
   * @throws NETWORK_FAILED, FILTER_FAILED, VM_FAILED
   */
  static async adopt(spec: MachineSpec, record: RunRecord, deps: RunDeps): Promise<RunningMachine> {
    const policy = await deps.policies.current();
    const descriptor = await deps.descriptors.read();
    const { lists } = verdictOf(spec.mode, policy, descriptor, await deps.policies.now());
    await using stack = new AsyncDisposableStack();
    const network = await MachineNetwork.adopt(await networkOptions(spec, deps, lists));
    const access = stack.use(await Access.begin({ spec, network, ...deps }, { policy, descriptor }));
    const connected = await connect({ spec, deps, record, network, access, stack });
    const whole = stack.move();
    const parts = new AsyncDisposableStack();
    parts.defer(() => removeFolder(spec.runFolder));
    parts.adopt(network, (open) => open.close());
    parts.defer(() => endProcess(record.qemu));
    parts.use(whole);
    const machine = new RunningMachine({ ...connected, stack: parts });
    await machine.#log('found-again', 'the service found the machine running');
    await access.lookUp();
    return machine;
  }

  report(): MachineReport {
    const { accel, startedAt } = this.record;
    const { name } = this.spec;
    const enforcement = machineUsers(this.spec.number) ? 'host' : 'guest-only';
    return {
      vm: name,
      state: this.#state,
      accel,
      enforcement,
      startedAt,
      ...generationOf(this.spec),
      ...this.access.report(),
    };
  }

  /** Whether the list in force lets the machine reach a destination, and by which rule. */
  async explain(to: Destination): Promise<Explanation> {
    const { filterMode, lists } = this.access.verdict;
    if (filterMode === 'refuse') return { allowed: false, rule: 'no access: nothing passes' };
    return explain(lists[filterMode], to, await this.#addressesOf(lists[filterMode]));
  }

  /** What the filter refused lately, newest first. */
  denied() {
    return this.#network.denied();
  }

  /** Shuts the guest down; one that does not go in time, or `force`, is powered off. Returns when all of it is gone. */
  async stop(force = false): Promise<void> {
    this.#state = 'stopping';
    try {
      if (!force) await this.#qmp.execute('system_powerdown');
      const { qemu } = this.record;
      if (force || !(await hasGone(qemu, SHUTDOWN_MS))) await this.#qmp.execute('quit');
      await hasGone(qemu, QUIT_MS);
    } catch (error) {
      // QEMU may be gone before it answers: that is what was wanted.
      if (!(error instanceof AppError && error.code === 'VM_FAILED')) throw error;
    }
    await endProcess(this.record.qemu);
    await this.ended;
  }

  /** Lets go of the machine, which runs on under the rules it has; a later service takes it over. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#detached = true;
    clearInterval(this.#following);
    await this.#channel[Symbol.asyncDispose]();
    await this.access[Symbol.asyncDispose]();
    await this.#qmp[Symbol.asyncDispose]();
    await this.#network.detach();
  }

  /** Puts the host’s part right where the computer has moved to another network, or somebody has flushed its rules. */
  async #followHost(): Promise<void> {
    try {
      await this.#network.followHost(await this.#deps.computer.resolvers());
    } catch (error) {
      this.#deps.log.error({ vm: this.spec.name, ...failureOf(error) }, 'cannot follow the host’s network');
    }
  }

  async #addressesOf({ entries }: AccessList): Promise<Map<string, string[]>> {
    const names = entries.flatMap(({ target }) => (target.kind === 'name' ? [target.name] : []));
    const resolvers = await this.#deps.computer.resolvers();
    const found = await Promise.allSettled(names.map((name) => lookUp(name, resolvers, RESOLVE_MS)));
    return new Map(names.map((name, index) => [name, addressesIn(found[index])]));
  }

  async #watch(): Promise<void> {
    await this.#qmp.closed;
    clearInterval(this.#following);
    if (this.#detached) return;
    await hasGone(this.record.qemu, QUIT_MS);
    await removeRecord(this.spec.runFolder);
    await this.#parts.disposeAsync();
    await this.#log('stopped', 'stopped');
  }

  async #log(kind: LoggedEvent['kind'], text: string): Promise<void> {
    const at = new Date(await this.#deps.policies.now()).toISOString();
    await this.#deps.events.add({ at, vm: this.spec.name, kind, text });
  }
}

interface Connected {
  spec: MachineSpec;
  deps: RunDeps;
  record: RunRecord;
  network: MachineNetwork;
  access: Access;
  qmp: Qmp;
  channel: GuestChannel;
  stack: AsyncDisposableStack;
}

/** The policy to start under: looked up where that is possible, else what may still hold. */
async function startPolicy({ policies, log }: RunDeps, signal?: AbortSignal): Promise<CurrentPolicy> {
  try {
    return await policies.lookUp(signal);
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'INTERRUPTED') throw error;
    log.warn(failureOf(error), 'policy look-up failed');
    return policies.current();
  }
}

async function launch(
  spec: MachineSpec,
  { computer: { accel } }: RunDeps,
  network: MachineNetwork,
): Promise<ProcessId> {
  const users = machineUsers(spec.number);
  const user = users && { uid: users.qemu, gid: users.qemu, groups: accel === 'kvm' ? users.kvmGroups : [] };
  return startQemu({ ...spec, accel, sockets: machineSockets(spec.runFolder), enter: network.enter, user });
}

async function connect(parts: Omit<Connected, 'qmp' | 'channel'>, signal?: AbortSignal): Promise<Connected> {
  const { spec, deps, record, access, stack } = parts;
  const sockets = machineSockets(spec.runFolder);
  const giveUp = new AbortController();
  const patience = AbortSignal.any([giveUp.signal, ...(signal ? [signal] : [])]);
  const gone = failWhenGone(record.qemu, (maxBytes) => tailOf(spec.logPath, maxBytes), patience);
  const onEvent = (event: string) => {
    if (event === 'RESET') judgeAfterReset(access, deps.log);
  };
  const onFailure = (error: unknown) => deps.log.error(failureOf(error), 'guest request failed');
  const answer = async (request: GuestRequest) => {
    if (request.cmd === 'nq-set') return access.answer(request);
    await deps.onHello?.(request.healthy);
    return { ok: true, reason: 'heard' };
  };
  try {
    const qmp = stack.use(await Promise.race([Qmp.connect(sockets.qmp, onEvent, patience), gone]));
    const channel = stack.use(await GuestChannel.connect(sockets.guest, answer, onFailure, patience));
    return { ...parts, qmp, channel };
  } finally {
    giveUp.abort();
    await gone.catch(() => undefined);
  }
}

/** A reset is judged like a start (ACE 1.0 p. 248). */
function judgeAfterReset(access: Access, log: Log): void {
  access.lookUp().catch((error: unknown) => log.error(failureOf(error), 'judging after a reset failed'));
}

async function networkOptions(
  spec: MachineSpec,
  { computer, log }: RunDeps,
  lists: AccessLists,
): Promise<NetworkOptions> {
  const users = machineUsers(spec.number);
  const { id, number, mac } = spec;
  return {
    ...{ id, number, mac, lists, log, host: computer.host, runFolder: `${spec.runFolder}/net` },
    uid: users?.qemu ?? 0,
    dnsUid: users?.dns ?? 0,
    resolvers: await computer.resolvers(),
  };
}

function refusal(spec: MachineSpec, policy: CurrentPolicy, reason: string): AppError {
  const details = { vm: spec.name, policySerial: policy.document.serial };
  return new AppError('QUARANTINE_REFUSED', `${spec.name} may not start: ${reason}`, { details });
}

function generationOf({ generation }: MachineSpec): { generation?: number } {
  return generation === undefined ? {} : { generation };
}

/** A name that does not resolve stands for no address, here as in the filter. */
function addressesIn(found: PromiseSettledResult<Addresses> | undefined): string[] {
  return found?.status === 'fulfilled' ? [...found.value.v4, ...found.value.v6] : [];
}

/** Removes what is left of a machine that does not run any more: its network and its run folder. @throws NETWORK_FAILED */
export async function removeLeftovers(id: string, runFolder: string, { host }: Computer): Promise<void> {
  await removeNetwork(id, host);
  await removeFolder(runFolder);
}
