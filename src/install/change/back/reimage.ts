import { z } from 'zod';
import { AppError } from '../../../lib/errors.ts';
import { noSteps, type Steps } from '../../../lib/steps.ts';
import { isThere, removeFile } from '../../../sys/files/files.ts';
import { removeFolder } from '../../../sys/files/folders.ts';
import { makeUefiVariables } from '../../../sys/files/uefi-firmware.ts';
import { makeDiskOnce } from '../../../sys/programs/qemu-img.ts';
import { restoreFirstPassword } from '../../opening/password.ts';
import {
  type GenerationFile,
  type Instance,
  openInstance,
  readIfWhole,
  removeState,
  writeState,
} from '../../state/instances.ts';
import { generationPaths, instancePaths } from '../../state/layout.ts';
import { forgetHardware } from '../../state/machine/hardware.ts';
import { isLocked } from '../../state/machine/locked.ts';
import { writeReported } from '../../state/machine/reported.ts';
import { MIB, versionOf } from '../generation/switch.ts';

/** `reimage.json`: the machine is being put back. Whoever meets it brings that to its end before the machine is used. */
const ReimageFile = z.strictObject({ format: z.literal(1), dataDisk: z.boolean() });

/** What was put back. */
export interface Reimaged {
  vm: string;
  generation: number;
  /** Whether the data disk was emptied too. */
  dataDisk: boolean;
}

/** Whether a machine may be put back by its user, as its project said when it was installed (ACE 1.0 p. 142, D35). */
export function canReimage({ machine }: GenerationFile): boolean {
  return machine.policy.policy.reimage?.enabled === true;
}

/** What the user loses must have been confirmed. @throws REIMAGE_FORBIDDEN, REIMAGE_CONFIRM */
export function requireReimage({ file: { vm }, current }: Instance, dataDisk: boolean, isConfirmed: boolean): void {
  if (!canReimage(current))
    throw new AppError('REIMAGE_FORBIDDEN', `the project does not let ${vm} be put back to its installed state`);
  if (isConfirmed) return;
  const lost = dataDisk && current.machine.dataDiskMiB !== undefined ? `${vm}, and its data disk,` : `${vm}`;
  throw new AppError(
    'REIMAGE_CONFIRM',
    `all that was changed in ${lost} since it was installed would be gone for good`,
    {
      details: { machines: [{ vm }] },
    },
  );
}

/**
 * Puts a machine that does not run back into the state in which its generation was installed: its system disk, its firmware’s
 * settings and its version; its data disk where that is asked for. Its layers are read-only, so this takes no longer for a
 * large disk. Killed at any step, the machine has its old state, or gets its new one before it is used again.
 * @throws VM_UNKNOWN, DISK_FULL before anything was changed
 */
export async function reimage(
  state: string,
  vm: string,
  { dataDisk, steps = noSteps }: { dataDisk: boolean; steps?: Steps },
): Promise<Reimaged> {
  const { current } = await openInstance(state, vm);
  const { generation } = current;
  await writeState(generationPaths(state, vm, generation).reimage, { format: 1, dataDisk });
  await steps(`${vm}: noted`);
  await finishReimage(state, vm, current, steps);
  return { vm, generation, dataDisk };
}

/** Whether a generation was being put back when something ended that. */
export function isReimaging(state: string, vm: string, generation: number): Promise<boolean> {
  return isThere(generationPaths(state, vm, generation).reimage);
}

/** Brings to its end what was begun; a note that cannot be read leaves the data disk as it is. @throws DISK_FULL */
export async function finishReimage(
  state: string,
  vm: string,
  { generation, machine }: GenerationFile,
  steps: Steps = noSteps,
): Promise<void> {
  const paths = generationPaths(state, vm, generation);
  const { data, dataBelow } = instancePaths(state, vm);
  const note = await readIfWhole(paths.reimage, ReimageFile);
  // Its next opening makes what is removed here.
  const waits = await isLocked(state, vm);
  if (waits) await writeState(paths.unwritten, { format: 1 });
  if (note?.dataDisk && machine.dataDiskMiB !== undefined) {
    await removeState(dataBelow);
    await removeFile(data);
    if (!waits) await makeDiskOnce(data, machine.dataDiskMiB * MIB);
    await steps(`${vm}: data disk`);
  }
  // Memory goes with the disk that it belongs to.
  await removeState(paths.suspended);
  await removeFile(paths.memory);
  // The version before the disk: a disk that is older than its word would have access that it must not have.
  await writeReported(state, vm, generation, versionOf(machine));
  await steps(`${vm}: version`);
  await removeState(paths.below);
  await removeFile(paths.overlay);
  if (!waits) await makeDiskOnce(paths.overlay, machine.layers.at(-1)?.virtualBytes ?? 0);
  await steps(`${vm}: system disk`);
  if (waits) await removeFile(paths.variables);
  else if (machine.firmware === 'uefi') await makeUefiVariables(paths.variables, { isSecure: machine.secureBoot });
  // Its next start makes a new one.
  await removeFolder(paths.tpm);
  await steps(`${vm}: firmware`);
  await forgetHardware(state, vm, generation);
  await restoreFirstPassword(state, vm);
  await removeState(paths.reimage);
  await steps(`${vm}: reimaged`);
}
