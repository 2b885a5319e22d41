import { formatBytes } from '../../lib/bytes.ts';
import { AppError } from '../../lib/errors.ts';
import { isThere } from '../../sys/files/files.ts';
import type { InstallPlan } from '../plan/plan.ts';
import { surveyInstances, unknownMachine } from '../state/instances.ts';
import { computerPaths } from '../state/layout.ts';
import { seen } from '../state/machine/owner.ts';
import { requireNotUndone, rolledBackFrom } from '../state/machine/rolled-back.ts';
import { packageServerGeneration, readPackageServer } from '../state/package-server.ts';
import type { NewOwner } from './generation/switch.ts';
import { type InstallOptions, type InstallReport, type InstallRequest, installPackage } from './install.ts';
import { joinedReports } from './joined-reports.ts';

export interface UpdateRequest {
  /** The machine to be updated; all of them, and the policies, without it. */
  vm?: string;
  /** Fetch all of a machine where its update alone cannot be applied. */
  full: boolean;
  replace: boolean;
  keepOld: boolean;
  /** As of an installation. */
  consentTo?: string;
  secret?: string;
  /** Whose machines are to be that are new in a package. */
  owner?: NewOwner;
}

/** What no machine after it would fare better with: they all come from one place. */
const ENDS = /^(FETCH_|PACKAGE_LOCKED$|PACKAGE_SECRET$|DISK_FULL$|INTERRUPTED$)/;

type Install = (request: Parameters<typeof installPackage>[0], options: InstallOptions) => Promise<InstallReport>;

/**
 * Installs the newest packages from the address that the project names: the newest of each machine, then the newest of all.
 * Only layers that are not here are fetched.
 * @throws UPDATE_ADDRESS, UPDATE_FULL (all of a machine would be fetched), UPDATE_ROLLED_BACK, VM_UNKNOWN, and as installPackage
 */
export async function updateFromServer(
  { vm, full, replace, keepOld, consentTo, secret, owner }: UpdateRequest,
  options: InstallOptions,
  install: Install = installPackage,
): Promise<InstallReport[]> {
  const { state, asker = 'anybody' } = options;
  const here = await installedMachines(state);
  const installed = (await seen(state, here, asker)).map((machine) => machine.vm);
  if (vm !== undefined && !installed.includes(vm)) throw unknownMachine(vm);
  const source = await requirePackageServer(state);
  const rolledBack = await rolledBackFrom(state);
  const usual = {
    ...{ source, replace, keepOld, leavesOthers: true },
    ...(owner === undefined ? {} : { owner }),
    ...(consentTo === undefined ? {} : { consentTo }),
    ...(secret === undefined ? {} : { secret }),
    check: (todo: InstallPlan) => {
      // Whoever names the machine wants it.
      if (vm === undefined) requireNotUndone(todo, rolledBack);
      if (!full) requireSmall(todo);
    },
  };
  const reports: InstallReport[] = [];
  const failures: AppError[] = [];
  const named = (vm === undefined ? installed : [vm]).map((name) => ({ ...usual, vm: name }));
  for (const request of vm === undefined ? [...named, forAll(usual, here.length === 0)] : named) {
    try {
      reports.push(await install(request, options));
    } catch (error) {
      // What one machine lacks is not the others’ trouble: they are brought up to date before it is said.
      if (!(error instanceof AppError) || ENDS.test(error.code)) throw error;
      failures.push(error);
    }
  }
  if (failures[0]) throw failures[0];
  return perPackage(reports);
}

function perPackage(reports: readonly InstallReport[]): InstallReport[] {
  const packages = new Map<number, InstallReport>();
  for (const report of reports) {
    const earlier = packages.get(report.generation);
    packages.set(report.generation, earlier ? joinedReports(earlier, report) : report);
  }
  return [...packages.values()];
}

/** A computer without a machine is a new one: it takes all there is, and none of it is an update. */
function forAll({ check, ...usual }: InstallRequest, isNew: boolean): InstallRequest {
  return isNew ? usual : { ...usual, ...(check ? { check } : {}), newestOnly: true };
}

/** Also those that are damaged: an update mends them. */
async function installedMachines(state: string): Promise<{ vm: string }[]> {
  const { whole, damaged } = await surveyInstances(state);
  const names = [...whole.map(({ file }) => file.vm), ...damaged.map(({ vm }) => vm)].sort();
  return names.map((vm) => ({ vm }));
}

/** The address that the project hands its packages out at. @throws UPDATE_ADDRESS */
export async function requirePackageServer(state: string): Promise<string> {
  const source = await readPackageServer(state);
  if (source === undefined) throw await noAddress(state);
  return source;
}

async function noAddress(state: string): Promise<AppError> {
  const { packageServer } = computerPaths(state);
  const isDamaged = (await isThere(packageServer)) && (await packageServerGeneration(state)) === 0;
  const what = isDamaged ? `${packageServer} is damaged` : 'the project names no address for its packages';
  return new AppError('UPDATE_ADDRESS', what);
}

/**
 * An update brings layers on top of those that are here. Where one beneath is missing, or all are new, it is not the update
 * that would be fetched but all of the machine, which may be very much: the user is asked.
 * @throws UPDATE_FULL
 */
function requireSmall({ machines, layers, fetchBytes }: InstallPlan): void {
  const missing = new Set(layers.map(({ sha256 }) => sha256));
  const large = machines.filter(({ machine, action }) => {
    const lacks = machine.layers.map(({ sha256 }) => missing.has(sha256));
    const isOnTop = lacks[0] !== true && lacks.lastIndexOf(false) < lacks.indexOf(true);
    return action !== 'keep' && action !== 'refuse' && lacks.includes(true) && !isOnTop;
  });
  if (large.length === 0) return;
  const names = large.map(({ machine }) => machine.name).join(', ');
  const what = `the update cannot be applied to what is installed of ${names}: ${formatBytes(fetchBytes)} would be fetched, all of it`;
  throw new AppError('UPDATE_FULL', what, {
    details: { machines: large.map(({ machine }) => machine.name), fetchBytes },
  });
}
