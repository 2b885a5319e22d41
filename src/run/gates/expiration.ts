import { AppError } from '../../lib/errors.ts';
import { mayAskHotFix } from '../../policy/hot-fixes.ts';
import type { Start } from './gate.ts';

/** A machine whose time is over does not run; its files stay. Gives EXPIRED, with the administrator’s text. */
export function expirationGate({ vm, term, policy }: Pick<Start, 'vm' | 'term' | 'policy'>): AppError | undefined {
  if (term.state !== 'expired') return undefined;
  const { message, endsAt } = term;
  const text = message === undefined ? `${vm} has expired` : `${vm} has expired: ${message}`;
  const { document } = policy;
  const hotFix = mayAskHotFix(document, 'expired') ? { hotFixOf: vm } : {};
  const details = { vm, ...hotFix, ...(endsAt === undefined ? {} : { endsAt: new Date(endsAt).toISOString() }) };
  return new AppError('EXPIRED', text, { details: { ...details, policySerial: document.serial } });
}
