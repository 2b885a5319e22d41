import { type Instance, instanceNames } from '../../install/state/instances.ts';
import { generationPaths, instancePaths } from '../../install/state/layout.ts';
import { CONFIGURATION } from '../../install/state/machine/configuration.ts';
import { type Saved, unfit } from '../../run/suspend/resume.ts';
import { readSaved, type SavedPlace, type SavedState, tidySaved } from '../../run/suspend/saved-state.ts';
import { namesIn } from '../../sys/files/folders.ts';

/** A machine that is suspended, and in which generation. */
export interface Suspended {
  generation: number;
  place: SavedPlace;
  state: SavedState | 'damaged';
}

/** Where the state of a machine that runs a generation is saved. */
export function savedPlace(state: string, vm: string, generation: number): SavedPlace {
  const { suspended: note, memory } = generationPaths(state, vm, generation);
  return { note, memory, files: CONFIGURATION };
}

/** How a machine is suspended, whichever of its generations ran; undefined where it is not. */
export async function findSuspended(state: string, vm: string): Promise<Suspended | undefined> {
  for (const generation of await generationsOf(state, vm)) {
    const place = savedPlace(state, vm, generation);
    const saved = await readSaved(place);
    if (saved) return { generation, place, state: saved };
  }
  return undefined;
}

/** The suspended machines of a computer, and how each is. */
export async function suspendedOf(state: string): Promise<Map<string, Suspended>> {
  const looks = (await instanceNames(state)).map(async (vm) => [vm, await findSuspended(state, vm)] as const);
  return new Map((await Promise.all(looks)).flatMap(([vm, found]) => (found ? [[vm, found] as const] : [])));
}

/**
 * What the next start of a machine goes on with, or loses where its user has said so; undefined where it is not suspended.
 * @throws SUSPENDED_UNFIT
 */
export async function savedFor(
  { state, file: { vm }, current }: Instance,
  discard: boolean,
): Promise<Saved | undefined> {
  const found = await findSuspended(state, vm);
  if (!found) return undefined;
  const { place } = found;
  if (discard) return { place };
  const why = whyNot(found, current.generation);
  if (why !== undefined || found.state === 'damaged') throw unfit(vm, `${why}`);
  return { place, state: found.state };
}

/** Why a suspended machine cannot go on, as far as is seen without its disks; undefined where it may. */
export async function whyUnusable({ state, file: { vm }, current }: Instance): Promise<string | undefined> {
  const found = await findSuspended(state, vm);
  return found && whyNot(found, current.generation);
}

function whyNot({ generation, state }: Suspended, current: number): string | undefined {
  if (state === 'damaged') return 'what was noted of it cannot be read';
  if (generation === current) return undefined;
  return `it was suspended in generation ${generation}, and generation ${current} is the one to start`;
}

/** Removes memory that belongs to no suspended machine. */
export async function tidySuspended(state: string, vm: string): Promise<void> {
  for (const generation of await generationsOf(state, vm)) await tidySaved(savedPlace(state, vm, generation));
}

async function generationsOf(state: string, vm: string): Promise<number[]> {
  const names = await namesIn(instancePaths(state, vm).generations);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}
