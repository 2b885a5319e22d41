import type { Root } from '@tufjs/models';
import { AppError } from '../../lib/errors.ts';
import { countsUnder, type Release } from '../release.ts';
import type { RepositoryName } from '../root.ts';
import { savedFloor, saveFloor } from './saved.ts';

/** The later of the system's clock and the highest signed time ever seen, in milliseconds (trust §5.3). @throws TRUST_INVALID */
export async function trustedNow(folder: string, systemNow: number): Promise<number> {
  const floors = await Promise.all([savedFloor(folder, 'packages'), savedFloor(folder, 'policies')]);
  return Math.max(systemNow, ...floors.map((floor) => floor?.signedAt ?? 0));
}

/** The highest signed time ever seen, in milliseconds; undefined where there is none, or what is known of it is damaged. */
export async function newestSigned(folder: string): Promise<number | undefined> {
  try {
    const newest = await trustedNow(folder, 0);
    return newest === 0 ? undefined : newest;
  } catch (error) {
    if (error instanceof AppError && error.code === 'TRUST_INVALID') return undefined;
    throw error;
  }
}

export type TimeUnder = (root: Root) => number;

/**
 * `trustedNow` while a refresh is under way. Once a root names other keys, signed times count afresh, those of the other
 * repository too: a wrong clock had signed both, and each must be able to come back first (trust §5.2).
 */
export async function timesUnder(folder: string, repository: RepositoryName, systemNow: number): Promise<TimeUnder> {
  const own = await savedFloor(folder, repository);
  const other = await savedFloor(folder, otherOf(repository));
  const highest = Math.max(systemNow, own?.signedAt ?? 0, other?.signedAt ?? 0);
  return (root) => (own && !countsUnder(own, root) ? systemNow : highest);
}

/** The times that the old keys signed no longer hold this computer ahead; nothing else of the other repository’s floor changes. */
export async function lowerOther(folder: string, repository: RepositoryName, { signedAt }: Release): Promise<void> {
  const other = await savedFloor(folder, otherOf(repository));
  if (other && other.signedAt > signedAt) await saveFloor(folder, otherOf(repository), { ...other, signedAt });
}

function otherOf(repository: RepositoryName): RepositoryName {
  return repository === 'packages' ? 'policies' : 'packages';
}

/** What expired by a signed time alone says so: the project may have signed with a clock that was ahead. */
export function ahead(error: unknown, systemNow: number, trusted: number): unknown {
  if (!(error instanceof AppError) || error.code !== 'TRUST_EXPIRED' || trusted <= systemNow) return error;
  const [signed, clock] = [trusted, systemNow].map((ms) => new Date(ms).toISOString().slice(0, 10));
  const text = `${error.message}: by what the project has signed it is ${signed}, by this computer’s clock ${clock}. If the clock is right, the project signed with a wrong one: its administrator has to change the keys`;
  return new AppError('TRUST_EXPIRED', text, { cause: error, details: { ...error.details, signedAt: trusted } });
}
