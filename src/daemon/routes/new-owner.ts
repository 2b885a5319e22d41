import type { NewOwner } from '../../install/change/generation/switch.ts';
import { type Asker, ROOT } from '../../install/state/machine/owner.ts';
import { AppError } from '../../lib/errors.ts';

/**
 * Whose the machines are to be that an installation brings: his who asks, or as he wants it. What root installs is everybody’s,
 * if he does not say otherwise. @throws ROOT_NEEDED (for another user)
 */
export function newOwner(asker: Asker, wanted?: 'all' | number): { owner?: NewOwner } {
  if (wanted === 'all') return { owner: 'everybody' };
  if (wanted === undefined) return asker === ROOT ? {} : { owner: asker === 'anybody' ? 'everybody' : asker };
  if (asker !== ROOT && asker !== wanted) throw new AppError('ROOT_NEEDED', 'installing for another user needs root');
  return { owner: wanted };
}
