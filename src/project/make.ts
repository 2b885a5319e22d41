import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { AppError } from '../lib/errors.ts';
import { type MachinePolicy, VM_NAME } from '../policy/schema.ts';
import { copyFileTo, isThere, writeFileAtomic } from '../sys/files/files.ts';
import { makeFolder, moveFolder, removeFolder, removeTemporary } from '../sys/files/folders.ts';
import { takeLock } from '../sys/files/lock.ts';
import { temporaryBeside } from '../sys/files/temporary.ts';
import { importDisk } from './disk-import.ts';
import { removeForgottenExport } from './export-folder.ts';
import { importForeign } from './foreign/import-foreign.ts';
import type { ForeignDisk } from './foreign/read-foreign.ts';
import { GIT_IGNORED } from './git-ignored.ts';
import type { DiskLayout } from './image/disk-layout.ts';
import type { DiskFormat } from './image/known.ts';
import type { TellCopied } from './image/tell-copied.ts';
import { projectPaths, vmPaths, vmPathsIn } from './layout.ts';
import type { Project } from './open.ts';
import { findOwnRun, type OwnRun } from './own-run.ts';
import type { ProjectFile, VmFile } from './schema.ts';
import { readSnapshots } from './snapshots/snapshots.ts';
import { finishSnapshotWork } from './snapshots/work.ts';

const MAX_BOOT_FILE_BYTES = 512 << 20;

/** Writes the files of a new, empty project; its keys and roots of trust are there already. */
export async function writeNewProject(folder: string, file: ProjectFile): Promise<void> {
  const paths = projectPaths(folder);
  await makeFolder(paths.vms);
  await makeFolder(paths.resources);
  await writeFileAtomic(`${folder}/.gitignore`, GIT_IGNORED);
  await writeFileAtomic(paths.file, stringify(file));
}

/** @throws VM_NAME, VM_EXISTS when no machine can be added under this name */
export async function requireNewName(folder: string, name: string): Promise<void> {
  if (!VM_NAME.test(name)) throw new AppError('VM_NAME', `“${name}” is not a name for a machine`);
  if (await isThere(vmPaths(folder, name).folder))
    throw new AppError('VM_EXISTS', `there is a machine ${name} already`);
}

export interface NewVm {
  name: string;
  /** Without a firmware, the disk’s partitions decide. */
  hardware: Omit<VmFile, 'format' | 'id' | 'firmware'> & { firmware?: VmFile['firmware'] };
  /** An image by its path, or the disk of another program’s machine. */
  disk: string | ForeignDisk;
  diskFormat?: DiskFormat;
  boot?: { kernel: string; initrd?: string };
  /** Writes what sets the machine’s system up at its first boot. */
  writeSeed?: (to: string) => Promise<void>;
  signal?: AbortSignal;
  onBytes?: TellCopied;
}

/** A machine as it was added. */
export interface AddedVm {
  firmware: VmFile['firmware'];
  /** What its administrator may not have meant. */
  warnings: string[];
}

/**
 * Adds a machine to the project, whose lock is held: its disk imported, its policy without quarantine. All or nothing.
 * @throws VM_NAME, VM_EXISTS, and as importDisk and importForeign
 */
export async function addVm(project: Project, vm: NewVm): Promise<AddedVm> {
  const { name } = vm;
  await requireNewName(project.folder, name);
  const home = vmPaths(project.folder, name);
  if ((vm.boot !== undefined) !== (vm.hardware.firmware === 'direct')) {
    throw new AppError('USAGE', 'a kernel goes with the firmware “direct”, and “direct” with a kernel');
  }
  requireFirmwareFor(vm.hardware);
  await removeForgotten(project);
  const beside = temporaryBeside(home.folder);
  try {
    const added = await fill(beside, vm);
    await moveFolder(beside, home.folder);
    return added;
  } catch (error) {
    await removeFolder(beside);
    throw error;
  }
}

/** What was half added or half removed when a process was killed: nobody else adds or removes while the project’s lock is held. */
function removeForgotten({ folder }: Project): Promise<void> {
  return removeTemporary(projectPaths(folder).vms);
}

/** @throws USAGE where Secure Boot is asked for with a firmware that has none */
export function requireFirmwareFor({
  secureBoot,
  firmware = 'uefi',
}: Pick<NewVm['hardware'], 'secureBoot' | 'firmware'>): void {
  if (secureBoot && firmware !== 'uefi')
    throw new AppError('USAGE', 'Secure Boot is UEFI’s: it goes with no other firmware');
}

async function fill(folder: string, vm: NewVm): Promise<AddedVm> {
  const { hardware, disk, diskFormat, boot, signal, onBytes } = vm;
  const paths = vmPathsIn(folder);
  await makeFolder(paths.releases);
  const { starts } = await (typeof disk === 'string'
    ? importDisk(disk, paths.work, { format: diskFormat, signal, onBytes })
    : importForeign(disk, paths.work, { signal, onBytes }));
  if (boot) {
    await makeFolder(dirname(paths.kernel));
    await copyFileTo(boot.kernel, paths.kernel, MAX_BOOT_FILE_BYTES);
    if (boot.initrd !== undefined) await copyFileTo(boot.initrd, paths.initrd, MAX_BOOT_FILE_BYTES);
  }
  await vm.writeSeed?.(paths.seed);
  const startsByUefi = hardware.secureBoot === true || (starts.uefi && !starts.bios);
  const firmware = hardware.firmware ?? (startsByUefi ? 'uefi' : 'bios');
  const file: VmFile = { format: 1, id: randomUUID(), ...hardware, firmware };
  const policy: MachinePolicy = { format: 1, quarantine: { type: 'none' } };
  await writeFileAtomic(paths.file, stringify(file));
  await writeFileAtomic(paths.policy, stringify(policy));
  return { firmware, warnings: firmwareWarnings(firmware, starts) };
}

/** A firmware that finds nothing on the disk to start says so to nobody but the screen of its machine. */
function firmwareWarnings(firmware: VmFile['firmware'], { uefi, bios }: DiskLayout['starts']): string[] {
  if (firmware === 'bios' && uefi && !bios) return ['its disk starts by UEFI alone: --firmware uefi is for it'];
  if (firmware === 'uefi' && bios && !uefi) return ['its disk starts by BIOS alone: --firmware bios is for it'];
  return [];
}

/** What goes with a machine of the project and cannot be made again. */
export async function lostWithVm(project: Project, name: string): Promise<string> {
  const { data } = vmPaths(project.folder, name);
  const { length } = await readSnapshots(project.folder, name);
  const snapshots = length > 0 ? `, ${length === 1 ? 'its snapshot' : `its ${length} snapshots`}` : '';
  const also = `${(await isThere(data)) ? ', its data disk' : ''}${snapshots}`;
  return `the system disk of ${name}${also}, its versions and its policies would be gone for good`;
}

/**
 * Removes a machine and all that belongs to it from the project, whose lock is held. Packages already built stay as they are.
 * @throws VM_RUNNING when it runs in preview, is powered on, or is being packaged
 */
export async function removeVm(project: Project, name: string): Promise<void> {
  const home = vmPaths(project.folder, name).folder;
  await using _lock = await takeVmLock(project, name);
  await removeForgotten(project);
  await removeForgottenExport(project.folder, name);
  const away = temporaryBeside(home);
  await moveFolder(home, away);
  await removeFolder(away);
}

/**
 * Keeps a machine of the project from being run and packaged, and brings to its end what was begun with its snapshots. @throws VM_RUNNING
 * when it is, also where the manager that ran it was killed; `takesOver` is for who takes such a machine over; what finishSnapshotWork throws
 */
export async function takeVmLock(
  { folder }: Pick<Project, 'folder'>,
  name: string,
  { takesOver = false } = {},
): Promise<AsyncDisposable> {
  const lock = await takeLock(join(vmPaths(folder, name).folder, '.lock'));
  if (!lock) throw new AppError('VM_RUNNING', `${name} is running or being packaged`);
  try {
    const left = takesOver ? undefined : await findOwnRun(folder, name);
    if (left) throw stillRuns(name, left);
    await finishSnapshotWork(folder, name);
    return lock;
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

/** A machine whose manager was killed is taken over by the command that runs machines in its mode. */
export function stillRuns(name: string, { mode }: Pick<OwnRun, 'mode'>): AppError {
  const [how, command] = mode === 'preview' ? ['in preview', 'preview'] : ['powered on', 'power-on'];
  const what = `${name} still runs ${how}, although the manager that ran it was killed`;
  return new AppError('VM_RUNNING', `${what}: \`lazaret-manager ${command} ${name}\` takes it over`);
}
