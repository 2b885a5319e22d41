import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { isThere } from '../../sys/files/files.ts';
import { readState, writeState } from './instances.ts';
import { computerPaths } from './layout.ts';

const FloorFile = z.strictObject({ format: z.literal(1), minGeneration: z.int().min(0) });

/** The lowest generation that may be installed or rolled back to here: the highest that a package has demanded. */
export async function readFloor(state: string): Promise<number> {
  const { floor } = computerPaths(state);
  return (await isThere(floor)) ? (await readState(floor, FloorFile)).minGeneration : 0;
}

/** Raises the floor to what a verified package demands; it never falls. */
export async function raiseFloor(state: string, minGeneration: number): Promise<void> {
  if (minGeneration > (await readFloor(state)))
    await writeState(computerPaths(state).floor, { format: 1, minGeneration });
}

/** @throws TRUST_FLOOR */
export function requireFloor(generation: number, floor: number, what: string): void {
  if (generation >= floor) return;
  throw new AppError('TRUST_FLOOR', `${what} is generation ${generation}; the project demands ${floor} or newer`, {
    details: { generation, minGeneration: floor },
  });
}
