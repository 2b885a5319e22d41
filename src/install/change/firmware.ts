import { AppError } from '../../lib/errors.ts';
import { requireUefiFirmware } from '../../sys/files/uefi-firmware.ts';
import { hasProgram } from '../../sys/programs/exec.ts';
import type { InstallPlan } from '../plan/plan.ts';

/** A machine is installed only where there is what it needs: firmware for UEFI, a program for its TPM. @throws FIRMWARE_MISSING, PROGRAM_MISSING */
export async function requireFirmware({ machines }: InstallPlan): Promise<void> {
  const brought = machines.filter(({ action }) => action !== 'keep').map(({ machine }) => machine);
  if (brought.some(({ firmware }) => firmware === 'uefi')) await requireUefiFirmware();
  const withTpm = brought.find(({ tpm }) => tpm);
  if (withTpm && !hasProgram('swtpm'))
    throw new AppError('PROGRAM_MISSING', `swtpm is not installed, which ${withTpm.name} needs for its TPM`);
}
