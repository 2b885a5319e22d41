import { mendTrust } from '../../../trust/verify/mend.ts';
import { readInstances } from '../../state/instances.ts';
import { computerPaths } from '../../state/layout.ts';

/** What is damaged of what this computer trusts is made anew, as far as something else here says the same. */
export async function mendTrustOf(state: string): Promise<void> {
  const installed = (await readInstances(state)).map(({ current }) => current.project);
  await mendTrust(computerPaths(state).trust, installed);
}
