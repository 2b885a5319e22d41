import { AppError } from '../lib/errors.ts';
import type { MachinePolicy } from './schema.ts';

/** The settings of a policy that ask for something which nothing enforces yet. */
function unenforced({ encryption, authentication, reimage }: MachinePolicy): string[] {
  const asked = {
    'encryption.disks': encryption?.disks === true,
    'encryption.configuration': encryption?.configuration === true,
    'encryption.recovery': encryption?.recovery === true,
    'authentication.type': authentication !== undefined && authentication.type !== 'none',
    'reimage.enabled': reimage?.enabled === true,
  };
  return Object.entries(asked).flatMap(([setting, isAsked]) => (isAsked ? [setting] : []));
}

/** A setting that nothing enforces is never ignored. @throws POLICY_NOT_ENFORCED */
export function requireEnforced(vm: string, policy: MachinePolicy): void {
  const settings = unenforced(policy);
  if (settings.length === 0) return;
  throw new AppError('POLICY_NOT_ENFORCED', `${vm}: nothing enforces ${settings.join(', ')} yet`, {
    details: { vm, settings },
  });
}
