import { MachineNetwork } from '../../firewall/machine/network.ts';
import type { NetworkOptions } from '../../firewall/machine/network-options.ts';
import { removeNetwork } from '../../firewall/machine/remove-network.ts';
import { GuestChannel } from '../../guest/channel.ts';
import type { GuestRequest } from '../../guest/protocol.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import { noSteps } from '../../lib/steps.ts';
import { expireTime } from '../../policy/term.ts';
import type { AccessLists } from '../../quarantine/lists/access-list.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import { freeBytes, makeFolder, makeFolderFor, removeFolder } from '../../sys/files/folders.ts';
import { makePipe } from '../../sys/files/pipes.ts';
import type { Log } from '../../sys/log.ts';
import { endProcess, type ProcessId } from '../../sys/programs/processes.ts';
import { KEY } from '../../sys/programs/qemu-img.ts';
import { failWhenGone, startQemu, whyFailed } from '../../vm/machine.ts';
import { MachineLog } from '../../vm/machine-log.ts';
import { Qmp, type QmpOptions } from '../../vm/qmp.ts';
import { Access } from '../access/access.ts';
import { knownVerdict } from '../access/known-verdict.ts';
import { nameOptions } from '../access/name-options.ts';
import { intervalMs } from '../access/schedule.ts';
import { verdictOf } from '../access/verdict.ts';
import type { Computer } from '../computer/computer.ts';
import { requireAllowed } from '../gates/table.ts';
import { keepWord, keptWord } from '../plugins/last-word.ts';
import { askPlugin } from '../plugins/plugin.ts';
import { loadSaved, requireFit, type Saved } from '../suspend/resume.ts';
import { spendSaved, tidySaved, writeSaved } from '../suspend/saved-state.ts';
import { type MachineParts, RunningMachine } from './machine.ts';
import { Readiness } from './readiness.ts';
import { logPipe, machineSockets, type RunRecord, readRecord, writeRecord } from './record.ts';
import type { MachineSpec, RunDeps } from './spec.ts';
import { Standing } from './standing.ts';
import { knownTermOf, lookAtTerm, termAndPlace } from './term.ts';
import { toldHost } from './told-host.ts';
import { machineUsers, pluginUser } from './users.ts';

/** How long QEMU may take to answer when it has just been started. */
const START_MS = 30_000;
/** How long a QEMU that runs may take to answer a service that takes it over; one that is mute is left as it is. */
const TAKE_OVER_MS = 5000;

/**
 * Starts a machine. No packet passes before the decision, and none that it does not allow after it. Nothing is left
 * when it fails. What it returns runs: whoever started it keeps it before anything else, and then has it tell so. What opens its
 * disks goes to QEMU, and nobody here keeps it.
 * @throws VM_RUNNING, QUARANTINE_REFUSED, POLICY_NOT_ENFORCED, MOVED, EXPIRED, STATE_DAMAGED, NETWORK_FAILED, SUBNETS_TAKEN, FILTER_FAILED, VM_FAILED,
 * PROGRAM_MISSING, SUSPENDED_UNFIT
 */
export async function startMachine(
  spec: MachineSpec,
  deps: RunDeps,
  { saved, signal, diskKey }: Beginning = {},
): Promise<RunningMachine> {
  if (await readRecord(spec.runFolder)) throw new AppError('VM_RUNNING', `${spec.name} is running already`);
  if (saved) await requireFit(spec, deps, saved);
  await using stack = new AsyncDisposableStack();
  await makeFolder(spec.runFolder);
  stack.defer(() => removeFolder(spec.runFolder));
  await makePipe(logPipe(spec.runFolder));
  await makeFolderFor(`${spec.runFolder}/s`, machineUsers(spec.number)?.qemu);

  // The policy is looked up while the network is made, closed, with the lists that are known already.
  const looking = startPolicy(deps, signal);
  looking.catch(() => undefined);
  const reported = await deps.descriptors.read();
  const { enforcement } = deps.computer;
  const knownPolicy = await deps.policies.current();
  const { lists } = await knownVerdict(spec, deps, { policy: knownPolicy, reported });
  const { network, policy } = await openNetwork(stack, await networkOptions(spec, deps, lists), {
    ...{ knownPolicy, looking },
  });
  const now = await deps.policies.now();
  const { decision } = verdictOf({ mode: spec.mode, reported, enforcement, policy, now });
  const known = knownTermOf(spec, deps, signal);
  const event = saved?.state ? 'resume' : 'poweron';
  const facts = await termAndPlace(known, deps, policy.document, event);
  if (spec.mode !== 'free') requireAllowed({ vm: spec.name, policy, decision, ...facts });

  const qemuLog = stack.use(new MachineLog(logPipe(spec.runFolder), spec.logPath));
  const qemu = await launch(spec, deps, network, { isLoading: saved?.state !== undefined, diskKey });
  stack.defer(() => endProcess(qemu));
  const access = stack.use(await beginAccess({ spec, deps, network, known }, { policy, reported, plugin: event }));
  await network.openForwarding();
  const startedAt = new Date(await deps.policies.now()).toISOString();
  const record: RunRecord = {
    format: 1,
    vm: spec.name,
    ...generationOf(spec),
    qemu,
    accel: deps.computer.accel,
    startedAt,
    network: network.own,
  };
  const connected = await connect({ spec, deps, record, network, access, known, qemuLog, stack }, START_MS, signal);
  await loadIfSaved(connected, saved, signal);
  // A service that is killed before this line leaves a machine that never ran; one killed after it, one to be taken over.
  await writeRecord(spec.runFolder, record);
  if (diskKey !== undefined) await connected.qmp.execute('object-del', { id: KEY });
  await goOn(connected, saved);
  return new RunningMachine({ ...connected, stack: stack.move() });
}

/** How a machine begins: where nothing is saved of it, it boots. */
export interface Beginning {
  saved?: Saved | undefined;
  signal?: AbortSignal;
  /** What opens its disks, where they are encrypted. */
  diskKey?: string;
}

async function loadIfSaved(
  { spec, deps, qmp }: Pick<MachineParts, 'spec' | 'deps' | 'qmp'>,
  saved: Saved | undefined,
  signal = new AbortController().signal,
): Promise<void> {
  if (saved?.state) await loadSaved(spec, deps, { place: saved.place, state: saved.state }, qmp, signal);
}

/** Sets the machine going. What was saved is spent before, and so never gone on with again: its disks are about to change. */
async function goOn({ deps, qmp }: Pick<MachineParts, 'deps' | 'qmp'>, saved: Saved | undefined): Promise<void> {
  if (!saved) return void (await qmp.execute('cont'));
  const { place, state } = saved;
  const { steps = noSteps } = deps;
  await steps('recorded');
  await spendSaved(place);
  await steps('spent');
  try {
    await qmp.execute('cont');
  } catch (error) {
    // Another program holds a disk, for instance. It never ran: what was saved is there to be gone on with again.
    if (state) await writeSaved(place, state);
    throw error;
  }
  await steps('going');
  await tidySaved(place);
}

/**
 * Takes over a machine that an earlier service started and that still runs. Its filter was never open in between; the policy
 * is the one that was known last, for nobody is asked. When it fails the machine runs on as it did, and nothing of ours follows it.
 * @throws NETWORK_FAILED, FILTER_FAILED, VM_FAILED
 */
export async function adoptMachine(spec: MachineSpec, record: RunRecord, deps: RunDeps): Promise<RunningMachine> {
  const policy = await deps.policies.current();
  const reported = await deps.descriptors.read();
  const { lists } = await knownVerdict(spec, deps, { policy, reported });
  await using stack = new AsyncDisposableStack();
  const qemuLog = stack.use(new MachineLog(logPipe(spec.runFolder), spec.logPath));
  const adopted = await MachineNetwork.adopt({
    ...(await networkOptions(spec, deps, lists)),
    ...(record.network ? { own: record.network } : {}),
  });
  const network = stack.adopt(adopted, (open) => open.detach());
  const known = knownTermOf(spec, deps);
  lookAtTerm(known, policy.document, deps.log);
  // Not waited for: until it has been asked anew its last word counts, and where there is none, access is restricted.
  const said = await keptWord(spec.runFolder, intervalMs(policy.document.policy.quarantine));
  const access = stack.use(await beginAccess({ spec, deps, network, known }, { policy, reported, plugin: { said } }));
  const connected = await connect({ spec, deps, record, network, access, known, qemuLog, stack }, TAKE_OVER_MS);
  await connected.standing.setGoing(connected.qmp);
  const whole = stack.move();
  const parts = new AsyncDisposableStack();
  parts.defer(() => removeFolder(spec.runFolder));
  parts.adopt(network, (open) => open.close());
  parts.defer(() => endProcess(record.qemu));
  parts.use(whole);
  return new RunningMachine({ ...connected, stack: parts });
}

/** Makes the network while the policy is looked up, and anew where that has another word on IPv6 than the known one. */
async function openNetwork(
  stack: AsyncDisposableStack,
  options: NetworkOptions,
  { knownPolicy, looking }: { knownPolicy: CurrentPolicy; looking: Promise<CurrentPolicy> },
): Promise<{ network: MachineNetwork; policy: CurrentPolicy }> {
  const open = ({ document }: CurrentPolicy) =>
    MachineNetwork.open({ ...options, ipv6: document.policy.ipv6 === true });
  await using early = new AsyncDisposableStack();
  const network = early.adopt(await open(knownPolicy), (opened) => opened.close());
  const policy = await looking;
  if ((policy.document.policy.ipv6 === true) === (knownPolicy.document.policy.ipv6 === true)) {
    stack.use(early.move());
    return { network, policy };
  }
  await early.disposeAsync();
  return { network: stack.adopt(await open(policy), (opened) => opened.close()), policy };
}

function beginAccess(
  { spec, deps, network, known }: Pick<MachineParts, 'spec' | 'deps' | 'network' | 'known'>,
  start: Parameters<typeof Access.begin>[1],
): Promise<Access> {
  const uid = pluginUser(spec.number);
  const { facts: host, enforcement } = deps.computer;
  return Access.begin(
    {
      ...{ spec, network, host, enforcement, ...deps },
      askPlugin: (asked) => askPlugin({ ...asked, expireTime: expireTime(known.term) }, deps.plugins, uid),
      keepWord: (asked) => keepWord(spec.runFolder, asked, deps.log),
    },
    start,
  );
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
  { isLoading, diskKey }: { isLoading: boolean; diskKey: string | undefined },
): Promise<ProcessId> {
  const users = machineUsers(spec.number);
  const user = users && { uid: users.qemu, gid: users.qemu, groups: accel === 'kvm' ? users.kvmGroups : [] };
  const { runFolder } = spec;
  const sockets = machineSockets(runFolder);
  const key = diskKey === undefined ? {} : { diskKey };
  const enter = { enter: network.enter, logPipe: logPipe(runFolder) };
  return startQemu({ ...spec, ...key, ...enter, accel, isLoading, sockets, user });
}

type Unconnected = Omit<MachineParts, 'qmp' | 'channel' | 'standing' | 'readiness'>;

async function connect(parts: Unconnected, withinMs: number, signal?: AbortSignal): Promise<MachineParts> {
  const { spec, deps, record, network, access, known, qemuLog, stack } = parts;
  const sockets = machineSockets(spec.runFolder);
  const onSilence = (error: unknown) => deps.log.error(failureOf(error), 'cannot tell whether the guest is ready');
  const readiness = stack.use(new Readiness(network.guestLink(), () => deps.policies.now(), onSilence));
  const onReset = () => {
    readiness.beginAgain();
    judgeAfterReset(access, deps.log);
    lookAtTerm(known, access.policy.document, deps.log, 'reset');
  };
  const standing = stack.use(standingOf(spec, deps, onReset));
  const giveUp = new AbortController();
  const patience = AbortSignal.any([giveUp.signal, ...(signal ? [signal] : [])]);
  const gone = failWhenGone(record.qemu, qemuLog, patience);
  const onNews: QmpOptions['onNews'] = (news, qemu) => standing.hear(news, qemu);
  const onFailure = (error: unknown) => deps.log.error(failureOf(error), 'guest request failed');
  const answer = async (request: GuestRequest, readAt: number) => {
    if (request.cmd === 'nq-set') return access.answer(request, readAt);
    const isKnown = (await deps.onHello?.(request.healthy)) ?? true;
    return isKnown ? { ok: true, reason: 'heard' } : { ok: false, reason: 'another change is under way: say it again' };
  };
  try {
    const qmp = stack.use(await Promise.race([Qmp.connect(sockets.qmp, { onNews, signal: patience, withinMs }), gone]));
    const channel = stack.use(
      await GuestChannel.connect(sockets.guest, answer, { onFailure, signal: patience, withinMs }),
    );
    // The first to go: the channel waits for its last answer, and that perhaps for a plug-in.
    stack.defer(() => access.end());
    return { ...parts, qmp, channel, standing, readiness };
  } catch (error) {
    throw await whyFailed(error, record.qemu, qemuLog);
  } finally {
    giveUp.abort();
    await gone.catch(() => undefined);
  }
}

/** Hears what QEMU says of the guest, and tells of it. */
function standingOf({ name: vm, files }: MachineSpec, { events, log }: RunDeps, onReset: () => void): Standing {
  const { overlay, data, firmware } = files;
  const written = [overlay, data, firmware.kind === 'uefi' ? firmware.variables : undefined];
  const paths = written.filter((path) => path !== undefined);
  return new Standing({
    freeBytes: async () => Math.min(...(await Promise.all(paths.map(freeBytes)))),
    tell: (happening) => events.add({ vm, ...happening }),
    onReset,
    log,
  });
}

/** A reset is judged like a start (ACE 1.0 p. 248). */
function judgeAfterReset(access: Access, log: Log): void {
  access.lookUp('reset').catch((error: unknown) => log.error(failureOf(error), 'judging after a reset failed'));
}

async function networkOptions(spec: MachineSpec, deps: RunDeps, lists: AccessLists): Promise<NetworkOptions> {
  const { computer, log } = deps;
  const users = machineUsers(spec.number);
  const { id, number, mac } = spec;
  return {
    ...nameOptions(spec, deps),
    ...{ id, number, mac, lists, log, host: computer.host, runFolder: `${spec.runFolder}/net` },
    uid: users?.qemu ?? 0,
    dnsUid: users?.dns ?? 0,
    resolvers: computer.resolvers,
    shownResolvers: computer.shownResolvers,
    ...toldHost(spec, deps),
  };
}

function generationOf({ generation }: MachineSpec): { generation?: number } {
  return generation === undefined ? {} : { generation };
}

/**
 * Removes what is left of a machine that has no record: its network, its run folder, and a QEMU that was never set going or
 * whose record was lost. It would hold the disks, and no start could have them. @throws NETWORK_FAILED
 */
export async function removeLeftovers(id: string, runFolder: string, { host }: Computer): Promise<void> {
  await removeNetwork(id, host);
  await removeFolder(runFolder);
}
