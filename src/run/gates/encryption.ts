import { AppError } from '../../lib/errors.ts';
import { checkEncryption } from '../../policy/encryption.ts';
import type { Start } from './gate.ts';

/** Encryption that nothing could open is no reason to run a machine in clear. Gives POLICY_INVALID. */
export function encryptionGate({ vm, policy }: Pick<Start, 'vm' | 'policy'>): AppError | undefined {
  const { document } = policy;
  const [first] = checkEncryption(document.policy);
  if (!first) return undefined;
  const details = { vm, policySerial: document.serial };
  return new AppError('POLICY_INVALID', `${vm} may not start: ${first.path.join('.')} ${first.message}`, { details });
}
