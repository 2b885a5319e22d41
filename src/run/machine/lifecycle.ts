import { MachineNetwork } from '../../firewall/machine/network.ts';
import { removeNetwork } from '../../firewall/machine/remove-network.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import { noSteps } from '../../lib/steps.ts';
import { expireTime } from '../../policy/parts/term.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import { makeFolder, makeFolderFor, removeFolder } from '../../sys/files/folders.ts';
import { makePipe } from '../../sys/files/pipes.ts';
import { endProcess } from '../../sys/programs/processes.ts';
import { KEY } from '../../sys/programs/qemu-img.ts';
import { startQemu } from '../../vm/machine.ts';
import { MachineLog } from '../../vm/machine-log.ts';
import { startTpm } from '../../vm/tpm.ts';
import { Access } from '../access/access.ts';
import { knownVerdict } from '../access/known-verdict.ts';
import { intervalMs } from '../access/schedule.ts';
import { verdictOf } from '../access/verdict.ts';
import type { Computer } from '../computer/computer.ts';
import { devicesFor } from '../devices/devices-for.ts';
import { pullCables } from '../devices/kinds/network.ts';
import { requireAllowed } from '../gates/table.ts';
import { keepWord, keptWord } from '../plugins/last-word.ts';
import { askPlugin } from '../plugins/plugin.ts';
import { memoryRecipient } from '../suspend/memory-key.ts';
import { loadSaved, requireFit, type Saved } from '../suspend/resume.ts';
import { spendSaved, tidySaved, writeSaved } from '../suspend/saved-state.ts';
import { connect } from './connect.ts';
import { networkOptions, openNetwork } from './host/open-network.ts';
import { requireProcessor } from './host/processor.ts';
import { machineUsers, pluginUser } from './host/users.ts';
import { RunningMachine } from './machine.ts';
import type { MachineParts } from './parts.ts';
import { logPipe, machineSockets, type RunRecord, readRecord, writeRecord } from './record.ts';
import type { MachineSpec, RunDeps } from './spec.ts';
import { knownTermOf, lookAtTerm, termAndPlace } from './term.ts';

/** How long QEMU may take to answer when it has just been started. */
const START_MS = 30_000;
/** How long a QEMU that runs may take to answer a service that takes it over; one that is mute is left as it is. */
const TAKE_OVER_MS = 5000;

/**
 * Starts a machine. No packet passes before the decision, and none that it does not allow after it. Nothing is left
 * when it fails. What it returns runs: whoever started it keeps it before anything else, and then has it tell so. What opens its
 * disks goes to QEMU, and nobody here keeps it.
 * @throws VM_RUNNING, QUARANTINE_REFUSED, POLICY_INVALID, MOVED, EXPIRED, STATE_DAMAGED, NETWORK_FAILED, SUBNETS_TAKEN, FILTER_FAILED, VM_FAILED,
 * PROGRAM_MISSING, SUSPENDED_UNFIT, VM_UNSUPPORTED
 */
export async function startMachine(
  spec: MachineSpec,
  deps: RunDeps,
  { saved, signal, diskKey }: Beginning = {},
): Promise<RunningMachine> {
  if (await readRecord(spec.runFolder)) throw new AppError('VM_RUNNING', `${spec.name} is running already`);
  await requireProcessor(spec, deps.computer.accel);
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
  const place = placeOf(spec, deps, network, diskKey);
  const { tpm: folder } = spec.files;
  const tpm =
    folder === undefined ? undefined : await startTpm({ ...place, folder, socket: place.sockets.tpm }, signal);
  if (tpm) stack.defer(() => endProcess(tpm));
  const qemu = await startQemu({ ...spec, ...devicesFor(spec), ...place, isLoading: saved?.state !== undefined });
  stack.defer(() => endProcess(qemu));
  const access = stack.use(await beginAccess({ spec, deps, network, known }, { policy, reported, plugin: event }));
  await network.openForwarding();
  const startedAt = new Date(await deps.policies.now()).toISOString();
  const record: RunRecord = {
    format: 1,
    vm: spec.name,
    ...generationOf(spec),
    ...(spec.mode === 'installed' ? {} : { number: spec.number }),
    ...(diskKey === undefined ? {} : { memoryRecipient: await memoryRecipient(diskKey) }),
    qemu,
    ...(tpm ? { tpm } : {}),
    accel: deps.computer.accel,
    startedAt,
    network: network.own,
  };
  const connected = await connect({ spec, deps, record, network, access, known, qemuLog, stack }, START_MS, signal);
  await loadIfSaved(connected, { saved, diskKey, signal });
  await pullCables(spec.devices, connected.qmp);
  // A service that is killed before this line leaves a machine that never ran; one killed after it, one to be taken over.
  await writeRecord(spec.runFolder, record);
  if (diskKey !== undefined) await connected.qmp.execute('object-del', { id: KEY });
  await goOn(connected, saved);
  return new RunningMachine({ ...connected, stack: stack.move() });
}

/** How a machine begins: where nothing is saved of it, it boots. */
export interface Beginning {
  saved?: Saved | undefined;
  signal?: AbortSignal | undefined;
  /** What opens its disks, where they are encrypted. */
  diskKey?: string | undefined;
}

async function loadIfSaved(
  { spec, deps, qmp }: Pick<MachineParts, 'spec' | 'deps' | 'qmp'>,
  { saved, diskKey, signal = new AbortController().signal }: Beginning,
): Promise<void> {
  const { place, state } = saved ?? {};
  if (place && state) await loadSaved(spec, deps, { place, state, diskKey }, qmp, signal);
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
  const { qemu, tpm } = record;
  if (tpm) parts.defer(() => endProcess(tpm));
  parts.defer(() => endProcess(qemu));
  parts.use(whole);
  return new RunningMachine({ ...connected, stack: parts });
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

/** Where a machine’s programs run, and as whom. */
function placeOf(
  { number, runFolder }: MachineSpec,
  { computer: { accel } }: RunDeps,
  network: MachineNetwork,
  diskKey: string | undefined,
) {
  const users = machineUsers(number);
  const user = users && { uid: users.qemu, gid: users.qemu, groups: accel === 'kvm' ? users.kvmGroups : [] };
  const sockets = machineSockets(runFolder);
  const key = diskKey === undefined ? {} : { diskKey };
  return { ...key, enter: network.enter, logPipe: logPipe(runFolder), accel, sockets, user };
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
