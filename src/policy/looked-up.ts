import { isLookedUp } from './quarantine.ts';
import type { MachinePolicy } from './schema.ts';

/** Whether computers ask the policy server for anything of a policy: lists of its quarantine, or who may open the machine. */
export function asksServer({
  quarantine,
  authentication,
}: Pick<MachinePolicy, 'quarantine' | 'authentication'>): boolean {
  return isLookedUp(quarantine) || authentication?.type === 'users-and-groups';
}
