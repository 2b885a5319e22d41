import { noSteps, type Steps } from '../../lib/steps.ts';
import { type OpenedPackage, openPackage } from '../../package/open.ts';
import { openSource } from '../../package/source.ts';
import { requireFirmware } from '../firmware.ts';
import { type InstallPlan, plan, requireNoLoss, requireRoom } from '../plan/plan.ts';
import { type HostPlan, requireConsent } from '../plan/plan-host.ts';
import { type PolicyReport, policyReports, requireNoneRefused } from '../plan/plan-policies.ts';
import { computerFacts } from '../state/facts.ts';
import { computerPaths } from '../state/layout.ts';
import { applyPlan, type Progress } from './apply.ts';
import { trustProject } from './trust-project.ts';

export interface InstallRequest {
  /** A folder’s path or an address. */
  source: string;
  /** The project’s fingerprint as the user was told it; needed on the first installation. */
  fingerprint?: string;
  /** The user knows which machines lose what he changed in them. */
  replace: boolean;
  /** Keeps the former systems, to be rolled back to. */
  keepOld: boolean;
  /** The digest of the rules for the computer itself that the user consents to. */
  consentTo?: string;
  /** Of several packages there, the newest one that has this machine; without it the newest, or the one the folder is of. */
  vm?: string;
  /** Looks at what would be done before it is, and throws where it must not be. */
  check?: (todo: InstallPlan) => void;
}

export interface InstallOptions {
  state: string;
  /** The machines that run now, and the generation that each runs. */
  running: ReadonlyMap<string, number>;
  /** The trusted time in milliseconds. */
  now: number;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  steps?: Steps;
}

/** What an installation did. */
export interface InstallReport {
  project: { name: string; fingerprint: string };
  package: string;
  generation: number;
  /** What is new, in the administrator’s words. */
  notes?: string;
  machines: { vm: string; action: 'add' | 'replace' | 'keep'; afterStop: boolean; losesChanges: boolean }[];
  /** The policies that came without their machines, and when each change of them holds. */
  policies: PolicyReport[];
  host: HostPlan;
}

/**
 * Verifies a package and installs it. The first one decides whose packages this computer takes.
 * @throws TRUST_CONFIRM (first package, no fingerprint given), HOST_CONFIRM (no consent to its rules for this computer itself),
 *   INSTALL_CONFIRM (changes would be lost), TRUST_*, FETCH_*, LAYER_*, DISK_FULL, FIRMWARE_MISSING, POLICY_NEEDS_MACHINE (after all else was installed), INTERRUPTED
 */
export async function installPackage(request: InstallRequest, options: InstallOptions): Promise<InstallReport> {
  const { state, running, now, signal, onProgress, steps = noSteps } = options;
  await using source = await openSource(request.source);
  const trustFolder = computerPaths(state).trust;
  const project = await trustProject(trustFolder, source, request.fingerprint);
  const opened = await openPackage(source, {
    ...{ trustFolder, now, signal },
    ...(request.vm === undefined ? {} : { vm: request.vm }),
  });
  const facts = await computerFacts(state, running, now);
  const todo = plan(opened.manifest.value, facts);
  request.check?.(todo);
  requireRoom(todo, facts.freeBytes);
  await requireFirmware(todo);
  requireConsent(todo, request.consentTo);
  if (!request.replace) requireNoLoss(todo);
  await applyPlan(todo, opened, { state, keepOld: request.keepOld, now, signal, onProgress, steps });
  const report = reportOf(project, opened, todo);
  requireNoneRefused(report.policies, { report });
  return report;
}

function reportOf(project: InstallReport['project'], { manifest }: OpenedPackage, todo: InstallPlan): InstallReport {
  const machines = todo.machines.map(({ machine, ...done }) => ({ vm: machine.name, ...done }));
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
