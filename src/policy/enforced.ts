import { AppError } from '../lib/errors.ts';
import type { MachinePolicy } from './schema.ts';
import { POLICIES } from './table.ts';

/** A setting that nothing enforces is never ignored. @throws POLICY_NOT_ENFORCED */
export function requireEnforced(vm: string, policy: MachinePolicy): void {
  const error = notEnforced(vm, policy);
  if (error) throw error;
}

/** POLICY_NOT_ENFORCED with the settings that ask for something which nothing enforces yet, or undefined. */
export function notEnforced(vm: string, policy: MachinePolicy): AppError | undefined {
  const settings = Object.values(POLICIES).flatMap((row) => ('unenforced' in row ? row.unenforced(policy) : []));
  if (settings.length === 0) return undefined;
  return new AppError('POLICY_NOT_ENFORCED', `${vm}: nothing enforces ${settings.join(', ')} yet`, {
    details: { vm, settings },
  });
}
