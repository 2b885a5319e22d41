import { AppError } from '../../../lib/errors.ts';
import { rightsOf } from '../../../policy/reading/rights.ts';
import type { PolicyDocument } from '../../../policy/schema.ts';

/** Why it is asked, and how it stands with the guest. */
interface Asked {
  /** Why its guest did not shut down by itself. */
  why?: string | undefined;
  /** The guest stands still: nothing in it could shut it down, so the commands are its user’s whatever the policy says. */
  stands: boolean;
}

/** Resetting a machine and powering it off may be withheld from its user. @throws POWER_FORBIDDEN */
export function requirePower({ vm, policy }: PolicyDocument, what: string, { why, stands }: Asked): void {
  if (stands || rightsOf(policy).power) return;
  const although = why === undefined ? '' : `, although ${why}`;
  throw new AppError('POWER_FORBIDDEN', `the project does not let ${vm} be ${what} by its user${although}`);
}
