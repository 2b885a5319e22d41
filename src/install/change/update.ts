import { formatBytes } from '../../lib/bytes.ts';
import { AppError } from '../../lib/errors.ts';
import type { InstallPlan } from '../plan/plan.ts';
import { requireNotUndone, rolledBackFrom } from '../rolled-back.ts';
import { openInstance, readInstances } from '../state/instances.ts';
import { readPackageServer } from '../state/package-server.ts';
import { type InstallOptions, type InstallReport, installPackage } from './install.ts';

export interface UpdateRequest {
  /** The machine to be updated; all of them, and the policies, without it. */
  vm?: string;
  /** Fetch all of a machine where its update alone cannot be applied. */
  full: boolean;
  replace: boolean;
  keepOld: boolean;
  /** As of an installation. */
  consentTo?: string;
}

type Install = (request: Parameters<typeof installPackage>[0], options: InstallOptions) => Promise<InstallReport>;

/**
 * Installs the newest packages from the address that the project names: the newest of each machine, then the newest of all.
 * Only layers that are not here are fetched.
 * @throws UPDATE_ADDRESS, UPDATE_FULL (all of a machine would be fetched), UPDATE_ROLLED_BACK, VM_UNKNOWN, and as installPackage
 */
export async function updateFromServer(
  { vm, full, replace, keepOld, consentTo }: UpdateRequest,
  options: InstallOptions,
  install: Install = installPackage,
): Promise<InstallReport[]> {
  const { state } = options;
  const vms = vm === undefined ? (await readInstances(state)).map(({ file }) => file.vm) : [vm];
  for (const name of vms) await openInstance(state, name);
  const source = await readPackageServer(state);
  if (source === undefined) throw new AppError('UPDATE_ADDRESS', 'the project names no address for its packages');
  const rolledBack = await rolledBackFrom(state);
  const usual = {
    ...{ source, replace, keepOld },
    ...(consentTo === undefined ? {} : { consentTo }),
    check: (todo: InstallPlan) => {
      // Whoever names the machine wants it.
      if (vm === undefined) requireNotUndone(todo, rolledBack);
      if (!full) requireSmall(todo);
    },
  };
  const reports: InstallReport[] = [];
  for (const name of vms) reports.push(await install({ ...usual, vm: name }, options));
  // A computer without a machine is a new one: it takes all there is, and none of it is an update.
  if (vm === undefined) {
    const { check: _, ...first } = usual;
    reports.push(await install(vms.length === 0 ? first : { ...usual, newestOnly: true }, options));
  }
  return [...new Map(reports.map((report) => [report.generation, report])).values()];
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
    return action !== 'keep' && lacks.includes(true) && !isOnTop;
  });
  if (large.length === 0) return;
  const names = large.map(({ machine }) => machine.name).join(', ');
  const what = `the update does not go on what is installed of ${names}: ${formatBytes(fetchBytes)} would be fetched, all of it`;
  throw new AppError('UPDATE_FULL', what, {
    details: { machines: large.map(({ machine }) => machine.name), fetchBytes },
  });
}
