import { AppError } from '../../lib/errors.ts';
import { stillRuns } from '../../project/make.ts';
import type { Project, ProjectVm } from '../../project/open.ts';
import { findOwnRun, type OwnRun } from '../../project/own-run.ts';
import type { Computer } from '../../run/computer/computer.ts';
import { removeLeftovers } from '../../run/machine/lifecycle.ts';
import { type RunRecord, readRecord, runningRecords } from '../../run/machine/record.ts';
import { endProcess } from '../../sys/programs/processes.ts';
import { projectMachineId } from './project-machine.ts';

/** A machine of the project that runs although its manager was killed. */
export interface LeftRun extends OwnRun {
  record: RunRecord;
}

interface Wish {
  mode: OwnRun['mode'];
  /** Boots it: what is in its memory is lost. */
  discard: boolean;
  /** Its memory is saved already: it goes on with that. */
  isSuspended: boolean;
}

/**
 * The run of a machine that a manager left when it was killed, to be taken over; undefined where there is none. One that is to boot
 * anew, or whose memory was saved when its manager was killed, is ended.
 * @throws VM_RUNNING where it runs in the other mode, NETWORK_FAILED
 */
export async function takeLeftRun(
  { folder }: Project,
  vm: ProjectVm,
  computer: Computer,
  { mode, discard, isSuspended }: Wish,
): Promise<LeftRun | undefined> {
  const run = await findOwnRun(folder, vm.name);
  const record = run && (await readRecord(run.runFolder));
  if (!run || !record) return undefined;
  if (!discard && !isSuspended) {
    if (run.mode !== mode) throw stillRuns(vm.name, run);
    return { ...run, record };
  }
  await endProcess(record.qemu);
  await removeLeftovers(projectMachineId(vm).id, run.runFolder, computer);
  return undefined;
}

/** What is suspended later has to be gone on with as what it is. */
export function hasChanged(name: string): AppError {
  const what = `${name} still runs, with other hardware than its vm.yaml says by now`;
  return new AppError('VM_RUNNING', `${what}: put that back to take it over, or end it with --discard`);
}

/** The numbers of the project’s machines, of whatever project, that run out of here. */
export async function numbersInUse(runRoot: string): Promise<Set<number>> {
  const records = [...(await runningRecords(runRoot)).values()];
  return new Set(records.flatMap(({ number }) => number ?? []));
}
