import { join } from 'node:path';
import { forgetProject, requireForgetting } from '../../install/change/back/forget.ts';
import { readInstances } from '../../install/state/instances.ts';
import { computerPaths } from '../../install/state/layout.ts';
import { AppError } from '../../lib/errors.ts';
import { openComputer } from '../../run/computer/computer.ts';
import { liftHostRules } from '../../run/computer/host-note.ts';
import { removeLeftovers } from '../../run/machine/lifecycle.ts';
import { MACHINE_ID, runningRecords } from '../../run/machine/record.ts';
import { isThere, removeFile } from '../../sys/files/files.ts';
import { namesIn, removeFolder, removeIfEmpty, removeTemporary } from '../../sys/files/folders.ts';
import { takeLock } from '../../sys/files/lock.ts';
import { hostNotePath } from '../begin-host-access.ts';
import { usersFolder } from '../doors/doors.ts';
import { pagesFolder } from '../doors/kept-pages.ts';
import { hostAddressesPath, outsideResolvers } from '../host-addresses.ts';
import { machineId } from '../machines/spec.ts';

export interface UninstallSettings {
  state: string;
  run: string;
  socket: string;
  /** Its machines ended with the service, and nothing of them was on the computer’s own network. */
  isRootless: boolean;
  isConfirmed: boolean;
}

/**
 * Takes all machines, and what is known of their project, off this computer; its network is then as it was before the first
 * one. What stops this on the way is ended by doing it again.
 * @throws DAEMON_BUSY (a service is running), VM_RUNNING, UNINSTALL_CONFIRM, NETWORK_FAILED, FILTER_FAILED, HOST_FILTER_FAILED, FILE_DENIED
 */
export async function uninstallAll(settings: UninstallSettings): Promise<void> {
  const { state, run, isConfirmed } = settings;
  if (!(await isThere(state))) return removeFromHost(settings);
  await using lock = await takeLock(computerPaths(state).lock);
  if (!lock) throw new AppError('DAEMON_BUSY', `a service works on ${state}`);
  const running = [...(await runningRecords(run)).values()].map(({ vm }) => vm);
  if (running.length > 0) throw new AppError('VM_RUNNING', `${running.join(', ')} run`, { details: { vms: running } });
  await requireForgetting(state, isConfirmed);
  await removeFromHost(settings);
  await forgetProject(state);
}

/** The network of machines that a computer or a service left in the middle of something, and the run folder. */
async function removeFromHost({ state, run, socket, isRootless }: UninstallSettings): Promise<void> {
  if (!isRootless) {
    const computer = await openComputer({ accel: 'tcg', runRoot: run, accelFile: computerPaths(state).accel });
    for (const id of await machineIds(state, run)) await removeLeftovers(id, join(run, id), computer);
    await liftHostRules(hostNotePath(run));
    // After machines that nobody knows any more, too.
    await computer.host.settle('');
  }
  for (const file of [socket, hostAddressesPath(run), outsideResolvers(run).file]) await removeFile(file);
  for (const folder of [usersFolder(run), pagesFolder(run)]) await removeFolder(folder);
  await removeTemporary(run);
  await removeIfEmpty(run);
}

async function machineIds(state: string, run: string): Promise<Set<string>> {
  const left = (await namesIn(run)).filter((name) => MACHINE_ID.test(name));
  // What a damaged machine left is found by its run folder.
  const installed = await readInstances(state);
  return new Set([...left, ...installed.map(machineId)]);
}
