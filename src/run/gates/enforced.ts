import type { AppError } from '../../lib/errors.ts';
import { notEnforced } from '../../policy/enforced.ts';
import type { Start } from './gate.ts';

/** A machine whose policy asks for what nothing enforces yet does not run. Gives POLICY_NOT_ENFORCED. */
export function enforcedGate({ vm, policy }: Start): AppError | undefined {
  return notEnforced(vm, policy.document.policy);
}
