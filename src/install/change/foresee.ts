import { AppError, type Failure, failureOf } from '../../lib/errors.ts';
import { failuresOf } from '../../lib/failures.ts';
import type { SignedLazaret } from '../../package/installer/list.ts';
import type { PackageManifest } from '../../package/manifest.ts';
import { type OpenOptions, signedLazaret } from '../../package/open.ts';
import type { Source } from '../../sys/sources/source.ts';
import { trustedNow } from '../../trust/verify/time.ts';
import { type InstallPlan, plan, requireAllTaken, requireNoLoss, requireRoom } from '../plan/plan.ts';
import { requireConsent } from '../plan/plan-host.ts';
import { policyReports, requireNoneRefused } from '../plan/plan-policies.ts';
import { computerFacts } from '../state/facts.ts';
import { requireCarried } from './carried.ts';
import { requireFirmware, requireTpmProgram } from './generation/firmware.ts';
import { type InstallOptions, type InstallReport, type InstallRequest, machineReport } from './install.ts';
import { lookAt } from './looked-at.ts';
import { packagesFrom } from './needed-packages.ts';

/** What installing a package would do on this computer. */
export interface ForeseenInstall extends InstallReport {
  kind: string;
  expiresAt: string;
  bytes: { fetch: number; need: number; free: number };
  /** What would keep it from being installed, or is to be confirmed first. */
  problems: Failure[];
  /** The Lazaret that comes with it, where one does. */
  lazaret?: SignedLazaret[];
}

/**
 * Verifies a package and says what installing it would do. Nothing is installed, and no project is trusted by it.
 * @throws as installPackage, but for what is among the problems: DISK_FULL, FIRMWARE_MISSING, HOST_CONFIRM, INSTALL_CONFIRM,
 * LAYER_BASE_MISSING, POLICY_NEEDS_MACHINE, PROGRAM_MISSING
 */
export async function foreseeInstall(
  request: Pick<InstallRequest, 'source' | 'fingerprint' | 'secret'>,
  {
    signal,
    ...options
  }: Pick<InstallOptions, 'state' | 'running' | 'now' | 'signal' | 'asker' | 'inTurn' | 'inTrustTurn'>,
): Promise<ForeseenInstall> {
  const { state, now, asker = 'anybody', inTurn = (work) => work() } = options;
  await using looked = await lookAt(request, options);
  const { medium, project, trustFolder } = looked;
  const found = await packagesFrom(medium, {}, { trustFolder, now, signal, state });
  const facts = await inTurn(async () => computerFacts(state, options.running(), await trustedNow(trustFolder, now)));
  const plans = found.map(({ opened, needed }) => ({ opened, needed, part: plan(needed, facts, { asker }) }));
  const [todo, newest] = together(plans.map(({ needed, part }) => [part, needed]));
  const carried = plans.map(
    ({ opened, part }) =>
      () =>
        requireCarried(part, opened, facts.staged, signal),
  );
  const { kind, expiresAt, notes } = newest;
  const lazaret = await broughtLazaret(medium, { trustFolder, now, signal });
  return {
    ...{ project, package: todo.package, kind, generation: todo.generation, expiresAt },
    ...(notes === undefined ? {} : { notes }),
    machines: todo.machines.map(machineReport),
    policies: policyReports(todo),
    host: todo.host,
    bytes: { fetch: todo.fetchBytes, need: todo.needBytes, free: facts.freeBytes },
    problems: await problemsOf(todo, facts.freeBytes, carried),
    ...(lazaret ? { lazaret } : {}),
  };
}

/** The Lazaret that is signed for what is at a source; undefined where there is none, or where it was left out of this package. */
async function broughtLazaret(medium: Source, options: OpenOptions): Promise<SignedLazaret[] | undefined> {
  try {
    return await signedLazaret(medium, options);
  } catch (error) {
    if (error instanceof AppError && ['LAZARET_MISSING', 'FETCH_MISSING'].includes(error.code)) return undefined;
    throw error;
  }
}

/** Several packages that are installed one after the other, as one. */
function together(plans: readonly (readonly [InstallPlan, PackageManifest])[]): [InstallPlan, PackageManifest] {
  const [last, newest] = plans.at(-1) ?? [];
  if (!last || !newest) throw new AppError('INTERNAL', 'there is nothing to be installed');
  const machines = plans.flatMap(([each]) => each.machines);
  const sum = (of: 'fetchBytes' | 'needBytes') => plans.reduce((total, [each]) => total + each[of], 0);
  // What a former one adds has its policy by then.
  const policies = last.policies.map((policy) =>
    policy.action === 'absent' &&
    machines.some(({ machine, action }) => machine.name === policy.document.vm && action !== 'refuse')
      ? { ...policy, action: 'apply' as const }
      : policy,
  );
  return [{ ...last, machines, policies, fetchBytes: sum('fetchBytes'), needBytes: sum('needBytes') }, newest];
}

async function problemsOf(
  todo: InstallPlan,
  freeBytes: number,
  carried: readonly (() => Promise<void>)[],
): Promise<Failure[]> {
  const checks = [
    () => requireRoom(todo, freeBytes),
    () => requireFirmware(todo),
    () => requireTpmProgram(todo),
    ...carried,
    () => requireConsent(todo, undefined),
    () => requireNoLoss(todo),
    () => requireAllTaken(todo),
    () => requireNoneRefused(policyReports(todo)),
  ];
  return (await failuresOf(checks)).map(failureOf);
}
