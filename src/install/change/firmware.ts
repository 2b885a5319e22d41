import { requireUefiFirmware } from '../../sys/files/uefi-firmware.ts';
import type { InstallPlan } from '../plan/plan.ts';

/** A machine that starts by UEFI is installed only where there is firmware for it. @throws FIRMWARE_MISSING */
export async function requireFirmware({ machines }: InstallPlan): Promise<void> {
  const brought = machines.filter(({ action }) => action !== 'keep').map(({ machine }) => machine);
  if (brought.some(({ firmware }) => firmware === 'uefi')) await requireUefiFirmware();
}
