import { join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { machineSockets, readRecord } from '../../run/machine/record.ts';
import { requireRoot } from '../../sys/programs/users.ts';
import { projectMachineId } from './project-machine.ts';

/** Where the sockets of a machine in preview or powered on are. @throws ROOT_NEEDED, PROJECT_*, VM_UNKNOWN, VM_NOT_RUNNING */
export async function runningSockets(
  folder: string,
  name: string,
  runRoot: string,
): Promise<ReturnType<typeof machineSockets>> {
  requireRoot('seeing a machine in preview');
  const vm = vmNamed(await openProject(folder), name);
  const runFolder = join(runRoot, projectMachineId(vm).id);
  if (!(await readRecord(runFolder)))
    throw new AppError('VM_NOT_RUNNING', `${name} runs neither in preview nor powered on`);
  return machineSockets(runFolder);
}
