import { writeSeed } from '../../guest/seed.ts';
import { AppError } from '../../lib/errors.ts';
import { readUserData } from '../../project/cloud-init.ts';
import type { ForeignMachine } from '../../project/foreign/read-foreign.ts';
import { vmPaths } from '../../project/layout.ts';
import { type AddedVm, addVm, lostWithVm, type NewVm, removeVm, takeVmLock } from '../../project/make.ts';
import { openProject, type ProjectVm, vmNamed } from '../../project/open.ts';
import { saveVmFile, withProject } from '../../project/save.ts';
import type { VmFile } from '../../project/schema.ts';
import { USUAL_SIZE } from '../../project/schema.ts';
import { isThere } from '../../sys/files/files.ts';

/** What is known of a machine of the project. */
export type MachineSummary = Awaited<ReturnType<typeof summary>>;

/** The machines of a project. @throws PROJECT_* */
export async function listMachines(folder: string): Promise<MachineSummary[]> {
  return Promise.all((await openProject(folder)).vms.map((vm) => summary(folder, vm)));
}

/** One of them. @throws PROJECT_*, VM_UNKNOWN */
export async function machineNamed(folder: string, name: string): Promise<MachineSummary> {
  return summary(folder, vmNamed(await openProject(folder), name));
}

async function summary(folder: string, { name, file, policy, state }: ProjectVm) {
  const { format: _format, ...hardware } = file.value;
  return {
    vm: name,
    ...hardware,
    policy: policy.value,
    ...(state.descriptor === undefined ? {} : { descriptor: state.descriptor }),
    ...((await isThere(vmPaths(folder, name).suspended)) ? { isSuspended: true } : {}),
  };
}

/** Adds a machine from a disk image. Without a firmware, one that has a kernel starts that directly. @throws PROJECT_*, and as addVm */
export async function addMachine(folder: string, vm: NewVm): Promise<Pick<NewVm, 'hardware'> & AddedVm> {
  const { firmware } = vm.hardware;
  const direct = firmware === undefined && vm.boot !== undefined ? { firmware: 'direct' as const } : {};
  const hardware = { ...vm.hardware, ...direct };
  return { hardware, ...(await withProject(folder, (project) => addVm(project, { ...vm, hardware }))) };
}

/** What sets a new machine up, by a file for cloud-init, which is read and looked at before anything is copied. @throws as readUserData */
export async function seedOf(name: string, path: string | undefined): Promise<Pick<NewVm, 'writeSeed'>> {
  if (path === undefined) return {};
  const userData = await readUserData(path);
  return { writeSeed: (to) => writeSeed(to, { name, userData }) };
}

/** What an administrator says of a machine from another program, instead of what its description does. */
export type ForeignChange = Partial<NewVm['hardware']>;

/** Adds a machine that `readForeign` has read. @throws PROJECT_*, and as addVm */
export async function addForeign(
  folder: string,
  name: string,
  machine: ForeignMachine,
  { change = {}, ...more }: { change?: ForeignChange } & Pick<NewVm, 'signal' | 'onBytes' | 'writeSeed'> = {},
): Promise<Pick<NewVm, 'hardware'> & AddedVm> {
  const { memoryMiB, cpus, firmware, secureBoot, os, clock, tpm, disk } = { ...USUAL_SIZE, ...machine };
  const byUefi = (change.firmware ?? firmware) === 'uefi';
  const hardware = {
    ...{ memoryMiB, cpus },
    ...(firmware === undefined ? {} : { firmware }),
    ...(os === undefined ? {} : { os }),
    ...(clock === undefined ? {} : { clock }),
    ...(tpm === undefined ? {} : { tpm }),
    ...(secureBoot && byUefi ? { secureBoot } : {}),
    ...change,
  };
  return addMachine(folder, { name, hardware, disk, ...more });
}

/** A change of a machine’s hardware; what is absent stays as it is. */
export type HardwareChange = Partial<
  Pick<
    VmFile,
    'memoryMiB' | 'cpus' | 'dataDiskMiB' | 'append' | 'os' | 'hardware' | 'clock' | 'processor' | 'tpm' | 'secureBoot'
  >
> & {
  firmware?: 'bios' | 'uefi';
};

/**
 * Changes a machine’s hardware; users get it with the next package that has the machine. `seen` is the digest of the file that whoever
 * changes it has looked at: another one is not overwritten.
 * @throws USAGE, PROJECT_*, PROJECT_CHANGED, VM_UNKNOWN, VM_UNSUPPORTED
 */
export async function changeHardware(
  folder: string,
  name: string,
  change: HardwareChange,
  seen?: string,
): Promise<VmFile> {
  return withProject(folder, async (project) => {
    const found = vmNamed(project, name);
    if (seen !== undefined && seen !== found.file.sha256)
      throw new AppError('PROJECT_CHANGED', `the hardware of ${name} was changed by somebody else meanwhile`);
    const changed = changedHardware(found.file.value, change);
    await saveVmFile(found, changed);
    return changed;
  });
}

/** What a machine’s file says after a change. @throws USAGE when something is asked for that cannot be changed */
export function changedHardware(before: VmFile, change: HardwareChange): VmFile {
  if (Object.keys(change).length === 0) throw new AppError('USAGE', 'no change was named');
  if (before.dataDiskMiB !== undefined && change.dataDiskMiB !== undefined)
    throw new AppError('USAGE', 'it has a data disk already, whose size stays: users have such disks already');
  if (before.firmware === 'direct' && change.firmware !== undefined)
    throw new AppError('USAGE', 'a machine that starts a kernel directly cannot change its firmware: add it anew');
  return { ...before, ...change };
}

/**
 * Removes a machine and its disks from the project, where `agree` says so to what is lost, or is not given.
 * @throws PROJECT_*, VM_UNKNOWN, VM_RUNNING, LOSS_CONFIRM
 */
export async function removeMachine(
  folder: string,
  name: string,
  agree?: (loss: string) => Promise<boolean>,
): Promise<void> {
  if (agree) await requireAgreed(folder, name, agree);
  await withProject(folder, (project) => removeVm(project, vmNamed(project, name).name));
}

async function requireAgreed(folder: string, name: string, agree: (loss: string) => Promise<boolean>): Promise<void> {
  const project = await openProject(folder);
  vmNamed(project, name);
  await using _lock = await takeVmLock(project, name);
  const loss = await lostWithVm(project, name);
  if (!(await agree(loss))) throw new AppError('LOSS_CONFIRM', loss);
}
