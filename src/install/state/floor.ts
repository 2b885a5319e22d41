import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { isThere } from '../../sys/files/files.ts';
import { readIfWhole, readInstances, writeState } from './instances.ts';
import { computerPaths } from './layout.ts';
import { packageServerGeneration } from './package-server.ts';

const FloorFile = z.strictObject({ format: z.literal(1), minGeneration: z.int().min(0) });

/**
 * The lowest generation that may be installed or rolled back to here: the highest that a package has demanded. No package
 * demands more than its own: where the file is damaged, it is the newest that was installed here.
 */
export async function readFloor(state: string): Promise<number> {
  return (await writtenFloor(state)) ?? newestInstalled(state);
}

/** Undefined when the file is damaged. */
async function writtenFloor(state: string): Promise<number | undefined> {
  const { floor } = computerPaths(state);
  return (await isThere(floor)) ? (await readIfWhole(floor, FloorFile))?.minGeneration : 0;
}

/** The newest generation that anything here is known to be of; 0 where nothing is. */
export async function newestInstalled(state: string): Promise<number> {
  const machines = (await readInstances(state)).map(({ current }) => current.generation);
  return Math.max(0, await packageServerGeneration(state), ...machines);
}

/** Raises the floor to what a verified package demands; it never falls. */
export async function raiseFloor(state: string, demanded: number): Promise<void> {
  const written = await writtenFloor(state);
  const minGeneration = Math.max(demanded, written ?? (await newestInstalled(state)));
  if (minGeneration !== written) await writeState(computerPaths(state).floor, { format: 1, minGeneration });
}

/** @throws TRUST_FLOOR */
export function requireFloor(generation: number, floor: number, what: string): void {
  if (generation >= floor) return;
  throw new AppError('TRUST_FLOOR', `${what} is generation ${generation}; the project demands ${floor} or newer`, {
    details: { generation, minGeneration: floor },
  });
}
