import { AppError } from '../../lib/errors.ts';
import { failsAs } from '../../lib/failures.ts';
import { asRefusal } from '../refusal.ts';
import { floorOf, releaseIn } from '../release.ts';
import type { Identity, RepositoryName } from '../root.ts';
import { savedFloor, savedMetadata, savedProject, saveFloor, saveProject } from './saved.ts';
import { TrustedStore } from './trusted-store.ts';

/** With time at its beginning nothing has expired: what was seen was seen. */
const NOTHING_EXPIRES = () => 0;

/**
 * Makes damaged files of a trust folder anew out of what is known twice: the project out of what is installed, whose packages
 * were all verified as its; a floor out of the metadata that set it. What neither says stays damaged.
 */
export async function mendTrust(folder: string, installed: readonly Identity[]): Promise<void> {
  const [project] = installed;
  const isOne = installed.every(({ fingerprint }) => fingerprint === project?.fingerprint);
  if (project && isOne && (await failsAs(savedProject(folder), isDamage))) await saveProject(folder, project);
  for (const repository of ['packages', 'policies'] as const)
    if (await failsAs(savedFloor(folder, repository), isDamage)) await mendFloor(folder, repository);
}

async function mendFloor(folder: string, repository: RepositoryName): Promise<void> {
  try {
    const saved = await savedMetadata(folder, repository);
    if (!saved) return;
    const store = new TrustedStore(saved.root, NOTHING_EXPIRES);
    store.load(saved);
    await saveFloor(folder, repository, floorOf(store, releaseIn(store, folder), undefined));
  } catch (error) {
    const refusal = asRefusal(error, folder);
    if (!(refusal instanceof AppError && refusal.code.startsWith('TRUST_'))) throw refusal;
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof AppError && error.code === 'TRUST_INVALID';
}
