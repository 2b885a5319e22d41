import { join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { machineSockets, managerSocket, readRecord } from '../../run/machine/record.ts';
import { requireRoot } from '../../sys/programs/users.ts';
import { projectMachineId } from './project-machine.ts';

/** Where the sockets of a machine in preview or powered on are. @throws ROOT_NEEDED, PROJECT_*, VM_UNKNOWN, VM_NOT_RUNNING */
export async function runningSockets(
  folder: string,
  name: string,
  runRoot: string,
): Promise<ReturnType<typeof machineSockets>> {
  const runFolder = await folderOfRunning(folder, name, runRoot);
  if (runFolder === undefined) throw runsNot(name);
  return machineSockets(runFolder);
}

/**
 * Where the process that runs such a machine is asked about it; undefined where it does not run.
 * @throws ROOT_NEEDED, PROJECT_*, VM_UNKNOWN
 */
export async function askedAt(folder: string, name: string, runRoot: string): Promise<string | undefined> {
  const runFolder = await folderOfRunning(folder, name, runRoot);
  return runFolder === undefined ? undefined : managerSocket(runFolder);
}

/** What is asked of one that runs, where it does not. */
export function runsNot(name: string): AppError {
  return new AppError('VM_NOT_RUNNING', `${name} runs neither in preview nor powered on`);
}

/** @throws ROOT_NEEDED, PROJECT_*, VM_UNKNOWN */
async function folderOfRunning(folder: string, name: string, runRoot: string): Promise<string | undefined> {
  requireRoot('seeing a machine in preview');
  const vm = vmNamed(await openProject(folder), name);
  const runFolder = join(runRoot, projectMachineId(vm).id);
  return (await readRecord(runFolder)) && runFolder;
}
