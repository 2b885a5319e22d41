import { join } from 'node:path';
import type { AppError } from '../../lib/errors.ts';
import { readCurrent, removeState } from '../state/instances.ts';
import { computerPaths, generationPaths, instancePaths } from '../state/layout.ts';
import { isSealFailure, readConfiguration } from '../state/machine/configuration.ts';
import { hasDiskKey } from '../state/machine/locked.ts';
import { mendSealKey } from './seal-key.ts';

/**
 * The files of a machine that are missed by nobody when they are gone, and would be taken for gone where they are damaged: where
 * somebody changed one that is sealed, the machine does not start. @throws SEAL_BROKEN, SEAL_KEY_LOST
 */
export async function requireSeals(state: string, vm: string, generation: number): Promise<void> {
  const [first] = await brokenFiles(state, vm, generation);
  if (first) throw first.failure;
}

/**
 * Removes those of them that cannot be opened, and where the computer’s key cannot be read has another one made. Where something
 * else opens its disks, what counts wrong passwords goes too: what a password is held against is not in it.
 */
export async function mendSeals(state: string, vm: string): Promise<void> {
  await mendSealKey(state);
  const generation = await readCurrent(state, vm);
  const { password, scriptOutput } = instancePaths(state, vm);
  const counting = (await hasDiskKey(state, vm)) ? [password, scriptOutput] : [];
  const broken = [...(await brokenFiles(state, vm, generation)), ...(await brokenOf(counting))];
  for (const { path } of broken) await removeState(path);
}

async function brokenFiles(state: string, vm: string, generation: number | undefined) {
  const { administrator, rolledBack } = instancePaths(state, vm);
  const cached = join(computerPaths(state).policies, `${vm}.json`);
  if (generation === undefined) return brokenOf([administrator, rolledBack, cached]);
  const { hardware, trial } = generationPaths(state, vm, generation);
  return brokenOf([administrator, rolledBack, cached, hardware, trial]);
}

async function brokenOf(paths: readonly string[]): Promise<{ path: string; failure: AppError }[]> {
  const looks = paths.map(async (path) => {
    const failure = await readConfiguration(path).catch((error: unknown) => error);
    return isSealFailure(failure) ? [{ path, failure }] : [];
  });
  return (await Promise.all(looks)).flat();
}
