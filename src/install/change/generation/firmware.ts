import { AppError } from '../../../lib/errors.ts';
import { requireUefiFirmware } from '../../../sys/files/uefi-firmware.ts';
import { hasProgram } from '../../../sys/programs/exec.ts';
import type { InstallPlan } from '../../plan/plan.ts';

/** A machine that starts by UEFI is installed only where there is firmware for it. @throws FIRMWARE_MISSING */
export async function requireFirmware(plan: InstallPlan): Promise<void> {
  const byUefi = brought(plan).filter(({ firmware }) => firmware === 'uefi');
  for (const isSecure of new Set(byUefi.map(({ secureBoot }) => secureBoot === true)))
    await requireUefiFirmware({ isSecure });
}

/** One that has a TPM, only where there is the program that is one. @throws PROGRAM_MISSING */
export async function requireTpmProgram(plan: InstallPlan): Promise<void> {
  const withTpm = brought(plan).find(({ tpm }) => tpm);
  if (withTpm && !hasProgram('swtpm'))
    throw new AppError('PROGRAM_MISSING', `swtpm is not installed, which the TPM of ${withTpm.name} is`);
}

function brought({ machines }: InstallPlan): InstallPlan['machines'][number]['machine'][] {
  return machines.filter(({ action }) => action !== 'keep').map(({ machine }) => machine);
}
