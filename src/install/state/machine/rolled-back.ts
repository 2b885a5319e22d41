import { z } from 'zod';
import { AppError } from '../../../lib/errors.ts';
import type { InstallPlan } from '../../plan/plan.ts';
import { instanceNames, readIfWhole, removeState, writeState } from '../instances.ts';
import { instancePaths } from '../layout.ts';

const RolledBackFile = z.strictObject({ format: z.literal(1), from: z.int().min(1) });

/** Keeps in mind which generation a machine was rolled back from. */
export async function noteRolledBack(state: string, vm: string, from: number): Promise<void> {
  await writeState(instancePaths(state, vm).rolledBack, { format: 1, from });
}

/** The generations that machines of this computer were rolled back from last, by machine. */
export async function rolledBackFrom(state: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const vm of await instanceNames(state)) {
    const from = await readRolledBack(state, vm);
    if (from !== undefined) found.set(vm, from);
  }
  return found;
}

/** Forgets it where the machine has that generation after all: the roll back was interrupted, or it was brought again. */
export async function settleRolledBack(state: string, vm: string, current: number): Promise<void> {
  const from = await readRolledBack(state, vm);
  if (from === undefined || current >= from) await removeState(instancePaths(state, vm).rolledBack);
}

async function readRolledBack(state: string, vm: string): Promise<number | undefined> {
  // Only a help to memory: one that is damaged counts as none.
  return (await readIfWhole(instancePaths(state, vm).rolledBack, RolledBackFile))?.from;
}

/**
 * Nobody has to roll back twice from the same: an update of all machines does not bring again what one was rolled back from.
 * A newer package does come.
 * @throws UPDATE_ROLLED_BACK
 */
export function requireNotUndone(
  { machines, generation, package: name }: InstallPlan,
  rolledBack: ReadonlyMap<string, number>,
): void {
  const undone = machines.filter(
    ({ machine, action }) => action === 'replace' && rolledBack.get(machine.name) === generation,
  );
  if (undone.length === 0) return;
  const names = undone.map(({ machine }) => machine.name);
  const what = `${names.join(', ')} was rolled back from the package ${name}, which is still the newest`;
  throw new AppError('UPDATE_ROLLED_BACK', what, { details: { machines: names, generation } });
}
