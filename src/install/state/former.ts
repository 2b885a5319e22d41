import { basename, join } from 'node:path';
import { removeFile } from '../../sys/files/files.ts';
import { linkTarget, moveLink, replaceLink } from '../../sys/files/folders.ts';
import { instancePaths } from './layout.ts';

/**
 * The generation that a roll back leads to. While a machine is switched, what is to be the former one stands beside what was,
 * for two links are never changed as one:
 *
 * `former-next`      | the former one
 * none               | `former`
 * names the current  | `former`: it was not switched yet
 * names another      | that one: it was switched
 */
export async function readFormer(state: string, vm: string, current: number): Promise<number | undefined> {
  const { former, nextFormer } = instancePaths(state, vm);
  const next = await linked(nextFormer);
  const found = next === undefined || next === current ? await linked(former) : next;
  // A roll back that was interrupted has switched, but not yet forgotten where it led to.
  return found === current ? undefined : found;
}

/** Lets the present generation be the former one from the moment `current` is switched. */
export async function beginFormer(state: string, vm: string, present: number): Promise<void> {
  await replaceLink(instancePaths(state, vm).nextFormer, join('generations', `${present}`));
}

/** Makes one link of what `readFormer` finds. Whatever stops this, it finds the same. */
export async function settleFormer(state: string, vm: string, current: number): Promise<void> {
  const { former, nextFormer } = instancePaths(state, vm);
  const next = await linked(nextFormer);
  if (next === current) await removeFile(nextFormer);
  else if (next !== undefined) await moveLink(nextFormer, former);
}

/** The generation that a link names, or undefined when there is none. */
export async function linked(path: string): Promise<number | undefined> {
  const target = await linkTarget(path);
  return target === undefined ? undefined : Number(basename(target));
}
