import { AppError } from '../../lib/errors.ts';
import { reasonText } from '../../quarantine/decide.ts';
import type { Start } from './gate.ts';

/** A machine whose access is refused does not run at all. Gives QUARANTINE_REFUSED. */
export function quarantineGate({ vm, policy, decision }: Start): AppError | undefined {
  if (decision.access !== 'refused') return undefined;
  const details = { vm, policySerial: policy.document.serial };
  return new AppError('QUARANTINE_REFUSED', `${vm} may not start: ${reasonText(decision)}`, { details });
}
