import type { MachinePolicy } from '../schema.ts';
import { POLICIES } from '../table.ts';
import type { Problem } from './problem.ts';

/** What a schema cannot see: encryption that nobody could open, two versions with one name, a threshold that names none. */
export function checkPolicy(policy: MachinePolicy): Problem[] {
  return Object.values(POLICIES).flatMap((row) => ('check' in row ? row.check(policy) : []));
}
