import { asksAccounts } from '../devices.ts';
import { isLookedUp } from '../quarantine.ts';
import type { MachinePolicy } from '../schema.ts';

/** Whether computers ask the policy server for anything of a policy: lists of its quarantine, or who may open the machine. */
export function asksServer({
  quarantine,
  authentication,
  devices,
}: Pick<MachinePolicy, 'quarantine' | 'authentication' | 'devices'>): boolean {
  return isLookedUp(quarantine) || authentication?.type === 'users-and-groups' || asksAccounts(devices);
}
