import { AppError, type Failure, failureOf } from '../../lib/errors.ts';
import { openPackage } from '../../package/open.ts';
import { openSource } from '../../package/source.ts';
import { removeFolder } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { pinnedProject } from '../../trust/client.ts';
import { requireFirmware } from '../firmware.ts';
import { type InstallPlan, plan, requireNoLoss, requireRoom } from '../plan/plan.ts';
import { requireConsent } from '../plan/plan-host.ts';
import { policyReports, requireNoneRefused } from '../plan/plan-policies.ts';
import { computerFacts } from '../state/facts.ts';
import { computerPaths } from '../state/layout.ts';
import type { InstallOptions, InstallReport, InstallRequest } from './install.ts';
import { trustProject } from './trust-project.ts';

/** What installing a package would do on this computer. */
export interface ForeseenInstall extends InstallReport {
  kind: string;
  expiresAt: string;
  bytes: { fetch: number; need: number; free: number };
  /** What would keep it from being installed, or is to be confirmed first. */
  problems: Failure[];
}

/**
 * Verifies a package and says what installing it would do. Nothing is installed, and no project is trusted by it.
 * @throws as installPackage, but for what is among the problems: DISK_FULL, FIRMWARE_MISSING, HOST_CONFIRM, INSTALL_CONFIRM, POLICY_NEEDS_MACHINE
 */
export async function foreseeInstall(
  { source, fingerprint }: Pick<InstallRequest, 'source' | 'fingerprint'>,
  { state, running, now, signal }: Pick<InstallOptions, 'state' | 'running' | 'now' | 'signal'>,
): Promise<ForeseenInstall> {
  const { trust } = computerPaths(state);
  const isNew = (await pinnedProject(trust)) === undefined;
  const trustFolder = isNew ? temporaryBeside(trust) : trust;
  try {
    await using medium = await openSource(source);
    const { name, fingerprint: own } = await trustProject(trustFolder, medium, fingerprint);
    const { manifest } = await openPackage(medium, { trustFolder, now, signal });
    const facts = await computerFacts(state, running, now);
    const todo = plan(manifest.value, facts);
    const { kind, expiresAt, notes } = manifest.value;
    return {
      project: { name, fingerprint: own },
      ...{ package: todo.package, kind, generation: todo.generation, expiresAt },
      ...(notes === undefined ? {} : { notes }),
      machines: todo.machines.map(({ machine, ...rest }) => ({ vm: machine.name, ...rest })),
      policies: policyReports(todo),
      host: todo.host,
      bytes: { fetch: todo.fetchBytes, need: todo.needBytes, free: facts.freeBytes },
      problems: await problemsOf(todo, facts.freeBytes),
    };
  } finally {
    if (isNew) await removeFolder(trustFolder);
  }
}

async function problemsOf(todo: InstallPlan, freeBytes: number): Promise<Failure[]> {
  const checks = [
    () => requireRoom(todo, freeBytes),
    () => requireFirmware(todo),
    () => requireConsent(todo, undefined),
    () => requireNoLoss(todo),
    () => requireNoneRefused(policyReports(todo)),
  ];
  const problems: Failure[] = [];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      problems.push(failureOf(error));
    }
  }
  return problems;
}
