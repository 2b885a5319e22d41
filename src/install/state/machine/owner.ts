import { VM_NAME } from '../../../policy/schema.ts';
import { InstanceFile, readIfWhole, unknownMachine } from '../instances.ts';
import { instancePaths } from '../layout.ts';

/** Who asks: a user of this computer by his number, or one who does not say who he is. */
export type Asker = number | 'anybody';
export const ROOT = 0;

/** Whose a machine is: a user’s, by his number, or everybody’s. */
export type Owner = number | undefined;

/** Whether somebody may see a machine, and so use it: his own, what is everybody’s, and root all. */
export function maySee(asker: Asker, owner: Owner): boolean {
  return owner === undefined || asker === ROOT || asker === owner;
}

/** Whose a machine is. One of which that cannot be read, or that is not there, is nobody’s but root’s. */
export async function ownerOf(state: string, vm: string): Promise<Owner> {
  if (!VM_NAME.test(vm)) return ROOT;
  const file = await readIfWhole(instancePaths(state, vm).file, InstanceFile);
  return file ? file.owner : ROOT;
}

/** A machine of somebody else’s is, to whoever asks, not there. @throws VM_UNKNOWN */
export async function requireSeen(state: string, vm: string, asker: Asker): Promise<void> {
  if (!maySee(asker, await ownerOf(state, vm))) throw unknownMachine(vm);
}

/** Those of some machines that somebody may see. */
export async function seen<Machine extends { vm: string }>(
  state: string,
  machines: readonly Machine[],
  asker: Asker,
): Promise<Machine[]> {
  const owners = await Promise.all(machines.map(({ vm }) => ownerOf(state, vm)));
  return machines.filter((_machine, at) => maySee(asker, owners[at]));
}
