import type { InstallReport } from '../../install/change/install.ts';
import { instanceNames } from '../../install/state/instances.ts';
import { type Asker, type Owner, ownerOf, ROOT } from '../../install/state/machine/owner.ts';

/** What an installation did, for each owner what it did of his: nobody is told of another’s machines. */
export async function doneByOwner(
  state: string,
  report: InstallReport,
  asker: Asker,
): Promise<{ owner: Owner; names: string }[]> {
  const here = await instanceNames(state);
  const policies = report.policies.map(({ vm, action }) => ({ vm, action: `policy: ${action}` }));
  const owners = new Map<Owner, string[]>();
  for (const { vm, action } of [...report.machines, ...policies]) {
    const isRefused = action === 'refuse' || action === 'policy: absent';
    // What was refused a user is told him, and not the one whose it is.
    const isHis = isRefused && typeof asker === 'number' && asker !== ROOT;
    const owner = isHis ? asker : here.includes(vm) ? await ownerOf(state, vm) : undefined;
    owners.set(owner, [...(owners.get(owner) ?? []), `${vm} (${action})`]);
  }
  return [...owners].map(([owner, names]) => ({ owner, names: names.join(', ') }));
}
