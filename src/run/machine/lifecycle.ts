import { MachineNetwork, type NetworkOptions } from '../../firewall/machine/network.ts';
import { endInside, removeNetwork } from '../../firewall/machine/remove-network.ts';
import { GuestChannel } from '../../guest/channel.ts';
import type { GuestRequest } from '../../guest/protocol.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import type { AccessLists } from '../../quarantine/access-list.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import { makeFolder, makeFolderFor, removeFolder } from '../../sys/files/folders.ts';
import type { Log } from '../../sys/log.ts';
import { endProcess, type ProcessId } from '../../sys/programs/processes.ts';
import { failWhenGone, startQemu, whyFailed } from '../../vm/machine.ts';
import { Qmp } from '../../vm/qmp.ts';
import { Access } from '../access/access.ts';
import { verdictOf } from '../access/judge.ts';
import { namesOf } from '../access/told-names.ts';
import type { Computer } from '../computer/computer.ts';
import { requireAllowed } from '../gates/table.ts';
import { askPlugin } from '../plugins/plugin.ts';
import { type MachineParts, RunningMachine } from './machine.ts';
import { machineSockets, type RunRecord, writeRecord } from './record.ts';
import type { MachineSpec, RunDeps } from './spec.ts';
import { machineUsers, pluginUser } from './users.ts';

/**
 * Starts a machine. No packet passes before the decision, and none that it does not allow after it. Nothing is left
 * when it fails.
 * @throws QUARANTINE_REFUSED, POLICY_NOT_ENFORCED, NETWORK_FAILED, FILTER_FAILED, VM_FAILED, PROGRAM_MISSING
 */
export async function startMachine(spec: MachineSpec, deps: RunDeps, signal?: AbortSignal): Promise<RunningMachine> {
  await using stack = new AsyncDisposableStack();
  await makeFolder(spec.runFolder);
  stack.defer(() => removeFolder(spec.runFolder));
  await makeFolderFor(`${spec.runFolder}/s`, machineUsers(spec.number)?.qemu);

  // The policy is looked up while the network is made, closed, with the lists that are known already.
  const looking = startPolicy(deps, signal);
  looking.catch(() => undefined);
  const reported = await deps.descriptors.read();
  const { enforcement } = deps.computer;
  const judged = { mode: spec.mode, reported, enforcement, now: await deps.policies.now() };
  const knownPolicy = await deps.policies.current();
  const host = await deps.computer.facts(knownPolicy.document.policy.quarantine);
  const known = verdictOf({ ...judged, policy: knownPolicy, host });
  const opened = await MachineNetwork.open({
    ...(await networkOptions(spec, deps, known.lists)),
    ipv6: knownPolicy.document.policy.ipv6 === true,
  });
  const network = stack.adopt(opened, (open) => open.close());
  const policy = await looking;
  const { decision } = verdictOf({ ...judged, policy, now: await deps.policies.now() });
  if (spec.mode !== 'free') requireAllowed({ vm: spec.name, policy, decision });

  const qemu = await launch(spec, deps, network);
  stack.defer(() => endProcess(qemu));
  const access = stack.use(await beginAccess(spec, deps, network, { policy, reported, event: 'poweron' }));
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
  const connected = await connect({ spec, deps, record, network, access, stack }, signal);
  // A service that is killed before this line leaves a machine that never ran; one killed after it, one to be taken over.
  await writeRecord(spec.runFolder, record);
  await connected.qmp.execute('cont');
  const machine = new RunningMachine({ ...connected, stack: stack.move() });
  await machine.log('started', `started with ${access.report().access} access: ${access.report().reason}`);
  const { message } = access.report();
  if (message !== undefined && spec.mode !== 'free') await machine.log('message', message);
  return machine;
}

/**
 * Takes over a machine that an earlier service started and that still runs. Its filter was never open in between.
 * @throws NETWORK_FAILED, FILTER_FAILED, VM_FAILED
 */
export async function adoptMachine(spec: MachineSpec, record: RunRecord, deps: RunDeps): Promise<RunningMachine> {
  const policy = await deps.policies.current();
  const reported = await deps.descriptors.read();
  const { enforcement } = deps.computer;
  const now = await deps.policies.now();
  const { lists } = verdictOf({ mode: spec.mode, policy, reported, enforcement, now });
  await using stack = new AsyncDisposableStack();
  const network = await MachineNetwork.adopt(await networkOptions(spec, deps, lists));
  const access = stack.use(await beginAccess(spec, deps, network, { policy, reported, event: 'interval' }));
  const connected = await connect({ spec, deps, record, network, access, stack });
  // Where the earlier service was killed just before it did this; a machine that runs is not touched by it.
  await connected.qmp.execute('cont');
  const whole = stack.move();
  const parts = new AsyncDisposableStack();
  parts.defer(() => removeFolder(spec.runFolder));
  parts.adopt(network, (open) => open.close());
  parts.defer(() => endProcess(record.qemu));
  parts.use(whole);
  const machine = new RunningMachine({ ...connected, stack: parts });
  await machine.log('found-again', 'the service found the machine running');
  await access.lookUp();
  return machine;
}

function beginAccess(
  spec: MachineSpec,
  deps: RunDeps,
  network: MachineNetwork,
  start: Parameters<typeof Access.begin>[1],
): Promise<Access> {
  const uid = pluginUser(spec.number);
  const { facts: host, enforcement } = deps.computer;
  return Access.begin(
    { spec, network, host, enforcement, ...deps, askPlugin: (asked) => askPlugin(asked, deps.plugins, uid) },
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
): Promise<ProcessId> {
  const users = machineUsers(spec.number);
  const user = users && { uid: users.qemu, gid: users.qemu, groups: accel === 'kvm' ? users.kvmGroups : [] };
  return startQemu({ ...spec, accel, sockets: machineSockets(spec.runFolder), enter: network.enter, user });
}

async function connect(parts: Omit<MachineParts, 'qmp' | 'channel'>, signal?: AbortSignal): Promise<MachineParts> {
  const { spec, deps, record, access, stack } = parts;
  const sockets = machineSockets(spec.runFolder);
  const giveUp = new AbortController();
  const patience = AbortSignal.any([giveUp.signal, ...(signal ? [signal] : [])]);
  const gone = failWhenGone(record.qemu, spec.logPath, patience);
  const onEvent = (event: string) => {
    if (event === 'RESET') judgeAfterReset(access, deps.log);
  };
  const onFailure = (error: unknown) => deps.log.error(failureOf(error), 'guest request failed');
  const answer = async (request: GuestRequest) => {
    if (request.cmd === 'nq-set') return access.answer(request);
    const isKnown = (await deps.onHello?.(request.healthy)) ?? true;
    return isKnown ? { ok: true, reason: 'heard' } : { ok: false, reason: 'another change is under way: say it again' };
  };
  try {
    const qmp = stack.use(await Promise.race([Qmp.connect(sockets.qmp, onEvent, patience), gone]));
    const channel = stack.use(await GuestChannel.connect(sockets.guest, answer, { onFailure, signal: patience }));
    // The first to go: the channel waits for its last answer, and that perhaps for a plug-in.
    stack.defer(() => access.end());
    return { ...parts, qmp, channel };
  } catch (error) {
    throw await whyFailed(error, record.qemu, spec.logPath);
  } finally {
    giveUp.abort();
    await gone.catch(() => undefined);
  }
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
    ...namesOf(spec, deps),
    ...{ id, number, mac, lists, log, host: computer.host, runFolder: `${spec.runFolder}/net` },
    uid: users?.qemu ?? 0,
    dnsUid: users?.dns ?? 0,
    resolvers: await computer.resolvers(),
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
  await endInside(id);
  await removeNetwork(id, host);
  await removeFolder(runFolder);
}
