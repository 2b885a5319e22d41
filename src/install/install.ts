import { AppError } from '../lib/errors.ts';
import { type OpenedPackage, openPackage } from '../package/open.ts';
import type { PolicyChange } from '../policy/changes.ts';
import { addressOf } from '../sys/fetch.ts';
import { pinnedProject, pinProject } from '../trust/client.ts';
import { identityOf } from '../trust/identity.ts';
import { applyPlan, type Progress } from './apply.ts';
import { computerFacts } from './facts.ts';
import { computerPaths } from './layout.ts';
import { type InstallPlan, plan } from './plan.ts';
import type { PolicyPlan } from './plan-policies.ts';
import { noSteps, type Steps } from './steps.ts';

export interface InstallRequest {
  /** A folder’s path or an address. */
  source: string;
  /** The project’s fingerprint as the user was told it; needed on the first installation. */
  fingerprint?: string;
  /** The user knows which machines lose what he changed in them. */
  replace: boolean;
  /** Keeps the former systems, to be rolled back to. */
  keepOld: boolean;
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
  machines: { vm: string; action: 'add' | 'replace' | 'keep'; afterStop: boolean }[];
  /** The policies that came without their machines, and when each change of them holds. */
  policies: { vm: string; action: PolicyPlan['action']; changes: readonly PolicyChange[] }[];
}

/**
 * Verifies a package and installs it. The first one decides whose packages this computer takes.
 * @throws TRUST_CONFIRM (first package, no fingerprint given), INSTALL_CONFIRM (changes would be lost), TRUST_*, FETCH_*,
 *   LAYER_*, DISK_FULL, POLICY_NEEDS_MACHINE (after all else was installed), INTERRUPTED
 */
export async function installPackage(request: InstallRequest, options: InstallOptions): Promise<InstallReport> {
  const { state, running, now, signal, onProgress, steps = noSteps } = options;
  const source = addressOf(request.source);
  const trustFolder = computerPaths(state).trust;
  const project = await trustProject(trustFolder, source, request.fingerprint);
  const opened = await openPackage(source, { trustFolder, now, signal });
  const todo = plan(opened.manifest.value, await computerFacts(state, running, now));
  askBeforeLoss(todo, request.replace);
  await applyPlan(todo, opened, { state, keepOld: request.keepOld, signal, onProgress, steps });
  const report = reportOf(project, opened, todo);
  failForRefused(report);
  return report;
}

async function trustProject(
  trustFolder: string,
  source: URL,
  fingerprint: string | undefined,
): Promise<InstallReport['project']> {
  const pinned = await pinnedProject(trustFolder);
  if (pinned && fingerprint === undefined) return pinProject(trustFolder, source, pinned.fingerprint);
  if (fingerprint !== undefined) return pinProject(trustFolder, source, fingerprint);
  const found = await identityOf(source);
  throw new AppError(
    'TRUST_CONFIRM',
    `this is the first package here, of project ${found.name}, fingerprint ${found.fingerprint}`,
    {
      details: { name: found.name, fingerprint: found.fingerprint },
    },
  );
}

function askBeforeLoss({ machines }: InstallPlan, isKnown: boolean): void {
  const losing = machines.filter(({ losesChanges }) => losesChanges).map(({ machine }) => machine.name);
  if (losing.length === 0 || isKnown) return;
  throw new AppError('INSTALL_CONFIRM', `all that was changed in ${losing.join(', ')} will be lost`, {
    details: { machines: losing },
  });
}

/** The other machines have their policies; the result is a failure all the same, and names those that have not (D32). */
function failForRefused(report: InstallReport): void {
  const refused = report.policies.filter(({ action }) => action === 'refuse').map(({ vm }) => vm);
  if (refused.length === 0) return;
  const what = `encryption or authentication of ${refused.join(', ')} would change, so their policies stay as they are; all else is installed`;
  throw new AppError('POLICY_NEEDS_MACHINE', what, { details: { vms: refused, report } });
}

function reportOf(project: InstallReport['project'], { manifest }: OpenedPackage, todo: InstallPlan): InstallReport {
  const machines = todo.machines.map(({ machine, action, afterStop }) => ({ vm: machine.name, action, afterStop }));
  const policies = todo.policies
    .filter(({ action }) => action !== 'with-machine')
    .map(({ document: { vm }, action, changes }) => ({ vm, action, changes }));
  return {
    project: { name: project.name, fingerprint: project.fingerprint },
    package: manifest.value.name,
    generation: todo.generation,
    ...(manifest.value.notes === undefined ? {} : { notes: manifest.value.notes }),
    machines,
    policies,
  };
}
