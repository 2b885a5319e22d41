import { AppError } from '../../lib/errors.ts';
import { requireGoing } from '../../lib/interrupted.ts';
import { noSteps, type Steps } from '../../lib/steps.ts';
import type { PackageManifest } from '../../package/manifest.ts';
import type { OpenedPackage } from '../../package/open.ts';
import { openSource } from '../../package/source.ts';
import { removeFile } from '../../sys/files/files.ts';
import { removeFolder } from '../../sys/files/folders.ts';
import type { InTurn } from '../../trust/verify/refresh.ts';
import { trustedNow } from '../../trust/verify/time.ts';
import { type InstallPlan, plan, requireAllTaken, requireNoLoss, requireRoom } from '../plan/plan.ts';
import { type HostPlan, requireConsent } from '../plan/plan-host.ts';
import { type PolicyReport, policyReports, requireNoneRefused } from '../plan/plan-policies.ts';
import { computerFacts } from '../state/facts.ts';
import { forgetHostPolicy } from '../state/host-policy.ts';
import { readInstances } from '../state/instances.ts';
import { computerPaths } from '../state/layout.ts';
import type { Asker } from '../state/machine/owner.ts';
import { applyPlan, type Progress, stagePlan } from './generation/apply.ts';
import { requireFirmware, requireTpmProgram } from './generation/firmware.ts';
import { Staging, type StagingShare } from './generation/staging.ts';
import type { NewOwner } from './generation/switch.ts';
import { joinedReports } from './joined-reports.ts';
import { type Found, packagesFrom } from './needed-packages.ts';
import { mendTrustOf } from './prove/mend-trust.ts';
import { InstallTrust, trustProject } from './trust-project.ts';

export interface InstallRequest {
  /** A folder’s path or an address. */
  source: string;
  /** The project’s fingerprint as the user was told it; needed on the first installation. */
  fingerprint?: string;
  /** What opens it where it is encrypted: its passphrase, or an identity of age. */
  secret?: string;
  /** The user knows which machines lose what he changed in them. */
  replace: boolean;
  /** Keeps the former systems, to be rolled back to. */
  keepOld: boolean;
  /** The digest of the rules for the computer itself that the user consents to. */
  consentTo?: string;
  /** Whose new machines are to be; where it is not said, everybody’s. */
  owner?: NewOwner;
  /** Of several packages there, the newest one that has this machine; without it the newest, or the one the folder is of. */
  vm?: string;
  /** Of several packages there, the newest alone, whatever machines are not here. */
  newestOnly?: boolean;
  /** What is another user’s was not asked for, and is not spoken of. */
  leavesOthers?: boolean;
  /** Looks at what would be done before it is, and throws where it must not be. */
  check?: (todo: InstallPlan) => void;
}

export interface InstallOptions {
  state: string;
  /** Without it, somebody who does not say who he is. */
  asker?: Asker;
  /** The machines that run at the moment, and the generation that each runs. */
  running: () => ReadonlyMap<string, number>;
  /** The system’s clock in milliseconds: signed times are looked at where they count. */
  now: number;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  steps?: Steps;
  /** Does work while nothing else changes what is installed. */
  inTurn?: InTurn;
  /** The same for what this computer trusts. */
  inTrustTurn?: InTurn;
  /** Where other installations may be under way. */
  staging?: Staging;
}

/** What became, or would become, of one machine. */
export type MachineReport = { vm: string } & Pick<
  InstallPlan['machines'][number],
  'action' | 'afterStop' | 'losesChanges' | 'losesMemory' | 'unusable' | 'isOver'
>;

export function machineReport({
  machine,
  action,
  afterStop,
  losesChanges,
  losesMemory,
  unusable,
  isOver,
}: InstallPlan['machines'][number]): MachineReport {
  const losses = { ...(losesMemory ? { losesMemory } : {}), ...(unusable ? { unusable } : {}) };
  return { vm: machine.name, action, afterStop, losesChanges, ...losses, ...(isOver ? { isOver } : {}) };
}

/** What an installation did. */
export interface InstallReport {
  project: { name: string; fingerprint: string };
  package: string;
  generation: number;
  /** What is new, in the administrator’s words. */
  notes?: string;
  machines: MachineReport[];
  /** The policies that came without their machines, and when each change of them holds. */
  policies: PolicyReport[];
  host: HostPlan;
}

/**
 * Verifies a package and installs it. What it needs is fetched while others may change what is installed, so what it will do
 * is decided again afterwards, in turn with them. The first one decides whose packages this computer takes.
 * @throws TRUST_CONFIRM (first package, no fingerprint given), HOST_CONFIRM (no consent to its rules for this computer itself),
 *   INSTALL_CONFIRM (changes would be lost), TRUST_*, FETCH_*, LAYER_*, DISK_FULL, FIRMWARE_MISSING, after all else was installed: POLICY_NEEDS_MACHINE,
 *   VM_TAKEN, VM_OTHER, VM_RUNNING; INTERRUPTED
 */
export async function installPackage(request: InstallRequest, options: InstallOptions): Promise<InstallReport> {
  const { state, signal, inTurn = atOnce, inTrustTurn = atOnce } = options;
  await using staging = (options.staging ?? new Staging(state)).enter();
  await using source = await openSource(request.source, request.secret);
  await inTrustTurn(() => mendTrustOf(state));
  await using trust = await InstallTrust.open(computerPaths(state).trust);
  const project = await trustProject(trust.folder, source, request.fingerprint);
  const where = { trustFolder: trust.folder, inTurn: inTrustTurn };
  const found = await packagesFrom(source, request, { ...where, now: options.now, signal, state });
  const so = { ...options, now: await trustedNow(trust.folder, options.now) };
  try {
    // Whatever is to be confirmed is asked before the first of them changes anything.
    for (const { needed } of found) await inTurn(() => checkedPlan(needed, request, so));
    const reports: InstallReport[] = [];
    for (const each of found) reports.push(await installOne(each, request, { ...so, project, trust, staging }));
    return reports.reduce(joinedReports);
  } catch (error) {
    if (trust.isNew) await inTurn(() => forgetFirst(state, staging));
    throw error;
  }
}

/** How often it is fetched anew because others on this computer take it away meanwhile. */
const MAX_ROUNDS = 10;

/** Nobody else changes anything. */
function atOnce<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

type Here = Pick<InstallOptions, 'state' | 'running' | 'now' | 'asker'>;

/** What is to be done as this computer is now, once all of it is confirmed that has to be. */
async function confirmedPlan(needed: PackageManifest, request: InstallRequest, options: Here) {
  const { state, running, now, asker = 'anybody' } = options;
  const { vm, leavesOthers = false } = request;
  const facts = await computerFacts(state, running(), now);
  const todo = plan(needed, facts, { asker, leavesOthers, ...(vm === undefined ? {} : { vm }) });
  await requireFirmware(todo);
  await requireTpmProgram(todo);
  requireConsent(todo, request.consentTo);
  if (!request.replace) requireNoLoss(todo);
  return { todo, freeBytes: facts.freeBytes };
}

/** The same before anything was fetched for it: there must be room. */
async function checkedPlan(needed: PackageManifest, request: InstallRequest, options: Here) {
  const { todo, freeBytes } = await confirmedPlan(needed, request, options);
  request.check?.(todo);
  requireRoom(todo, freeBytes);
  return todo;
}

async function installOne(
  { opened, needed }: Found,
  request: InstallRequest,
  options: Omit<InstallOptions, 'staging'> & {
    project: InstallReport['project'];
    trust: InstallTrust;
    staging: StagingShare;
  },
): Promise<InstallReport> {
  const { state, now, signal, onProgress, steps = noSteps, trust, staging, inTurn = atOnce } = options;
  const onReady = () => trust.keep();
  const owner = request.owner === undefined ? {} : { owner: request.owner };
  const how = { state, keepOld: request.keepOld, ...owner, now, signal, onProgress, steps, staging, onReady };
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    requireGoing(signal);
    const wanted = await inTurn(() => checkedPlan(needed, request, options));
    await stagePlan(wanted, opened, how);
    // Others may have changed something while it was fetched: it is decided again, and may need more.
    const done = await inTurn(async () => {
      const { todo } = await confirmedPlan(needed, request, options);
      const isAllHere = todo.layers.length === 0 && todo.files.length === 0;
      if (isAllHere) await applyPlan({ ...todo, fetchBytes: wanted.fetchBytes }, opened.manifest.value, how);
      return isAllHere ? todo : undefined;
    });
    if (!done) continue;
    const report = reportOf(options.project, opened, mendedBy(done, wanted));
    requireAllTaken(done, { report });
    requireNoneRefused(report.policies, { report });
    return report;
  }
  throw new AppError('STATE_DAMAGED', 'what was fetched was gone or changed again before it could be installed');
}

/** What was fetched may be all that a machine lacked: it was mended, although nothing is left to do by then. */
function mendedBy(done: InstallPlan, wanted: InstallPlan): InstallPlan {
  const isMended = (vm: string) =>
    wanted.machines.some(({ machine, action }) => machine.name === vm && action === 'mend');
  const machines = done.machines.map((each) =>
    each.action === 'keep' && isMended(each.machine.name) ? { ...each, action: 'mend' as const } : each,
  );
  return { ...done, machines };
}

/** A first installation that came to nothing leaves no project, and nothing that a package demanded. */
async function forgetFirst(state: string, { isAlone }: StagingShare): Promise<void> {
  // Another one that began since counts on the project that this one brought.
  if (!isAlone || (await readInstances(state)).length > 0) return;
  const { trust, floor, resources } = computerPaths(state);
  await forgetHostPolicy(state);
  for (const file of [floor, resources]) await removeFile(file);
  await removeFolder(trust);
}

function reportOf(project: InstallReport['project'], { manifest }: OpenedPackage, todo: InstallPlan): InstallReport {
  const machines = todo.machines.map(machineReport);
  const policies = policyReports(todo).filter(({ action }) => action !== 'with-machine');
  return {
    project: { name: project.name, fingerprint: project.fingerprint },
    package: manifest.value.name,
    generation: todo.generation,
    ...(manifest.value.notes === undefined ? {} : { notes: manifest.value.notes }),
    machines,
    policies,
    host: todo.host,
  };
}
