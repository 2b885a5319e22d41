import { AppError } from '../../../lib/errors.ts';
import { noSteps, type Steps } from '../../../lib/steps.ts';
import { isThere } from '../../../sys/files/files.ts';
import { loseName, removeFolder } from '../../../sys/files/folders.ts';
import { removePending } from '../../hot-fix/pending.ts';
import { removeMark } from '../../seals/mark.ts';
import { readSnapshots } from '../../snapshots/snapshots.ts';
import { InstanceFile, instanceNames, readCurrent, readIfWhole, unknownMachine } from '../../state/instances.ts';
import { generationPaths, instancePaths } from '../../state/layout.ts';
import { type Asker, maySee, ownerOf } from '../../state/machine/owner.ts';
import { forgetSeal } from '../../state/machine/settle-configuration.ts';

/** What the user loses with a machine: its data disk too, where it has one. */
export interface Removable {
  vm: string;
  hasDataDisk: boolean;
  /** So many states of it are kept. */
  snapshots?: number;
  /** It is suspended: what is in its memory goes too. */
  isSuspended?: true;
}

/** Machines that somebody can remove: also such as are damaged, or were never installed whole. @throws VM_UNKNOWN */
export async function removable(state: string, vms: readonly string[], asker: Asker): Promise<Removable[]> {
  const names = await instanceNames(state);
  const machines = [...new Set(vms)].map(async (vm) => {
    if (!names.includes(vm) || !maySee(asker, await ownerOf(state, vm))) throw unknownMachine(vm);
    const snapshots = (await readSnapshots(state, vm)).length;
    // Of a damaged one nobody can say.
    const generation = await readCurrent(state, vm).catch(() => undefined);
    const isSuspended = generation !== undefined && (await isThere(generationPaths(state, vm, generation).suspended));
    return {
      ...{ vm, hasDataDisk: await isThere(instancePaths(state, vm).data) },
      ...(snapshots > 0 ? { snapshots } : {}),
      ...(isSuspended ? { isSuspended } : {}),
    };
  });
  return Promise.all(machines);
}

export function lossText(machines: readonly Removable[]): string {
  return machines.map(lossOf).join(', ');
}

function lossOf({ vm, hasDataDisk, snapshots = 0, isSuspended }: Removable): string {
  const more = [
    ...(hasDataDisk ? ['its data disk'] : []),
    ...(snapshots > 0 ? [`its ${snapshots} ${snapshots === 1 ? 'snapshot' : 'snapshots'}`] : []),
    ...(isSuspended ? ['what it was suspended with'] : []),
  ];
  return more.length === 0 ? vm : `${vm} with ${more.join(' and ')}`;
}

/** What is to be removed must have been confirmed. @throws UNINSTALL_CONFIRM */
export function requireConfirmed(machines: readonly Removable[], isConfirmed: boolean): void {
  if (isConfirmed || machines.length === 0) return;
  const message = `${lossText(machines)} and all that was changed in it would be gone for good`;
  throw new AppError('UNINSTALL_CONFIRM', message, { details: { machines } });
}

/**
 * Removes a machine that does not run, its data disk too. It loses its name in one step; what a crash leaves of it after
 * that is removed by `collect`, as are the layers that no other machine needs. What is known of the project stays.
 */
export async function uninstall(state: string, vm: string, steps: Steps = noSteps): Promise<void> {
  const known = await readIfWhole(instancePaths(state, vm).file, InstanceFile);
  const left = await loseName(instancePaths(state, vm).folder);
  await steps(`${vm}: gone`);
  await removeFolder(left);
  await forgetSeal(state, vm);
  if (known) {
    await removeMark(state, known.vmId);
    await removePending(state, known.vmId);
  }
  await steps(`${vm}: removed`);
}
