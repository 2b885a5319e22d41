import { type Saved, unfit } from '../../run/suspend/resume.ts';
import { readSaved, type SavedPlace } from '../../run/suspend/saved-state.ts';

/** What a machine of the project goes on with, or loses where it is to boot; undefined where it is not suspended. @throws SUSPENDED_UNFIT */
export async function savedState(name: string, place: SavedPlace, discard: boolean): Promise<Saved | undefined> {
  const state = await readSaved(place);
  if (!state) return undefined;
  if (discard) return { place };
  if (state === 'damaged') throw unfit(name, 'what was noted of it cannot be read');
  return { place, state };
}
