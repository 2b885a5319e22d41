import { createHash } from 'node:crypto';
import { z } from 'zod';
import { computerIdentity, fileSystemIdentity } from '../../../sys/computer-identity.ts';
import { realPath } from '../../../sys/files/folders.ts';
import { readSealed, writeSealed } from '../../seals/sealed.ts';
import { isDamage } from '../instances.ts';
import { instancePaths } from '../layout.ts';
import type { Subject } from './term.ts';

/** `place.json`: where a machine was installed (D14). */
export const Place = z.strictObject({
  path: z.string(),
  fileSystem: z.strictObject({ uuid: z.string().exactOptional(), kernel: z.string() }),
  computer: z.string(),
});
export type Place = z.infer<typeof Place>;

/** Keeps where a machine is installed for the first time. */
export async function notePlace({ state, vm, vmId }: Subject): Promise<void> {
  await writePlace({ state, vm, vmId }, await presentPlace(state, vm));
}

/** Keeps which place is the right one from now on. */
export async function writePlace({ state, vm, vmId }: Subject, place: Place): Promise<void> {
  await writeSealed(state, instancePaths(state, vm).place, `place ${vmId}`, place);
}

/** Why a machine is not where it was installed; undefined where it is. */
export async function movedFrom({ state, vm, vmId }: Subject): Promise<string | undefined> {
  try {
    const then = await readSealed(state, instancePaths(state, vm).place, `place ${vmId}`, Place);
    return difference(then, await presentPlace(state, vm));
  } catch (error) {
    if (!isDamage(error)) throw error;
    return 'where it was installed cannot be told on this computer';
  }
}

/** In which way the present place is not the one of then. */
export function difference(then: Place, now: Place): string | undefined {
  if (then.computer !== now.computer) return 'it was installed on another computer';
  if (then.path !== now.path) return `it is at ${now.path}, and was installed at ${then.path}`;
  const [before, after] = [then.fileSystem, now.fileSystem];
  const isKnown = before.uuid !== undefined && after.uuid !== undefined;
  const isSame = isKnown ? before.uuid === after.uuid : before.kernel === after.kernel;
  return isSame ? undefined : 'it was installed on another file system';
}

export async function presentPlace(state: string, vm: string): Promise<Place> {
  const path = await realPath(instancePaths(state, vm).folder);
  const computer = createHash('sha256')
    .update(`lazaret place ${await computerIdentity()}`)
    .digest('hex');
  return { path, fileSystem: await fileSystemIdentity(path), computer };
}
