import { writeGuestToolsFile } from '../../guest/tool-files.ts';
import { AppError } from '../../lib/errors.ts';
import { drivesOf, MOST_DRIVES } from '../../policy/parts/machine-devices.ts';
import type { vmPaths } from '../../project/layout.ts';
import type { ProjectVm } from '../../project/open.ts';
import { hadDisc } from '../../run/suspend/circumstances.ts';
import { type Saved, unfit } from '../../run/suspend/resume.ts';
import { isThere, removeFile } from '../../sys/files/files.ts';

interface ToolsDisc extends AsyncDisposable {
  /** Where it is; undefined for a machine that has none. */
  disc: string | undefined;
}

interface ToolsWish {
  isWanted: boolean;
  /** What the machine goes on with, or loses. */
  saved: Saved | undefined;
  /** It runs already. */
  isRunning: boolean;
}

type Paths = Pick<ReturnType<typeof vmPaths>, 'toolsDisc' | 'suspended'>;

/**
 * The CD with the guest tools for a run of a project’s machine. One that goes on has it where it had it before, whoever asks. When it
 * is disposed of, it is gone, unless the machine is suspended and will go on with it.
 * @throws SUSPENDED_UNFIT, VM_RUNNING, VM_UNSUPPORTED where the machine has no place for one more drive, and what writeGuestToolsFile throws
 */
export async function takeToolsDisc(
  vm: ProjectVm,
  { toolsDisc, suspended }: Paths,
  wish: ToolsWish,
): Promise<ToolsDisc> {
  const isThereFor = wish.isRunning
    ? await runsWith(vm, toolsDisc, wish)
    : wish.saved?.state
      ? await goesOnWith(vm, toolsDisc, wish)
      : await bootsWith(vm, toolsDisc, wish);
  return {
    disc: isThereFor ? toolsDisc : undefined,
    async [Symbol.asyncDispose]() {
      if (!(await isThere(suspended))) await removeFile(toolsDisc);
    },
  };
}

/** Memory that was saved fits the drives that the machine had then. @throws SUSPENDED_UNFIT */
async function goesOnWith({ name }: ProjectVm, path: string, { saved, isWanted }: ToolsWish): Promise<boolean> {
  const hadIt = saved?.state !== undefined && hadDisc(saved.state);
  if (hadIt && !(await isThere(path))) throw unfit(name, 'the CD with the guest tools in its drive is gone');
  if (isWanted && !hadIt)
    throw unfit(
      name,
      'it was suspended without the drive for the guest tools: start it without them, and shut it down first',
    );
  return hadIt;
}

/** What runs has the drives that it was started with. @throws VM_RUNNING */
async function runsWith({ name }: ProjectVm, path: string, { isWanted }: ToolsWish): Promise<boolean> {
  const hasIt = await isThere(path);
  if (isWanted && !hasIt)
    throw new AppError('VM_RUNNING', `${name} still runs, without the drive for the guest tools: run it without them`);
  return hasIt;
}

async function bootsWith({ name, file }: ProjectVm, path: string, { saved, isWanted }: ToolsWish): Promise<boolean> {
  if (!isWanted) return false;
  if (drivesOf(file.value.devices ?? {}).length === MOST_DRIVES)
    throw new AppError(
      'VM_UNSUPPORTED',
      `${name} has ${MOST_DRIVES} drives, and no place for one more with the guest tools: remove one from its vm.yaml`,
    );
  // That of a suspended machine stays until its memory is lost for sure. Any other was left behind, perhaps by an older Lazaret.
  if (!saved) await removeFile(path);
  if (!(await isThere(path))) await writeGuestToolsFile(path, 'iso');
  return true;
}
