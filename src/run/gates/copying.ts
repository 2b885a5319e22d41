import { AppError } from '../../lib/errors.ts';
import { mayAskHotFix } from '../../policy/hot-fixes.ts';
import type { Start } from './gate.ts';

/** A copy-protected machine runs only where it was installed. Gives MOVED. */
export function copyingGate({
  vm,
  movedFrom,
  policy,
}: Pick<Start, 'vm' | 'movedFrom' | 'policy'>): AppError | undefined {
  const isProtected = policy.document.policy.copyProtection?.enabled === true;
  if (!isProtected || movedFrom === undefined) return undefined;
  const details = { vm, ...(mayAskHotFix(policy.document, 'moved') ? { hotFixOf: vm } : {}) };
  return new AppError('MOVED', `${vm} runs only where it was installed: ${movedFrom}`, { details });
}
