import { resolve } from 'node:path';
import { requireGoing } from '../../lib/interrupted.ts';
import { deploy } from '../../package/build/publish-policies.ts';
import { projectPaths } from '../../project/layout.ts';
import { withProject } from '../../project/save.ts';
import type { DirectoryAccount } from '../../servers/directory/directory-account.ts';
import { deployTarget, putOnServer, unaskedTarget } from '../../servers/put.ts';
import { openSigning, type Signer } from '../signing.ts';

export interface Deploying {
  /** Where policies are put; without it, on the project’s policy server where a deploy goes there unasked. */
  to?: string;
  /** How long computers may believe them without newer ones. */
  validForMs: number;
  signer: Signer;
  /** Who writes, where the place lets nobody in without an account. */
  account: () => Promise<DirectoryAccount>;
  tell?: (news: DeployNews) => void;
  signal: AbortSignal;
}

/** How far a deploy is: it signs, then it puts one file after the other somewhere. */
type DeployNews = { kind: 'signing' } | { kind: 'putting'; to: string; done: number; total: number };

export interface Deployed {
  serial: number;
  /** Where the policies are published. */
  folder: string;
  warnings: string[];
  /** Where they were put besides. */
  to?: string;
}

/**
 * Signs the policies, publishes them in `published/policies`, and puts them where they are wanted.
 * @throws PROJECT_*, USAGE (no place to deploy to), CLOCK_CONFIRM, CLOCK_SIGNED_AHEAD, KEY_*, and as deploy and putOnServer
 */
export async function deployPolicies(
  projectFolder: string,
  { to, validForMs, signer, account, tell = () => undefined, signal }: Deploying,
): Promise<Deployed> {
  const folder = resolve(projectPaths(projectFolder).policies);
  return withProject(projectFolder, async (project) => {
    const target = to === undefined ? unaskedTarget(project.file.value.policyServer) : deployTarget(to);
    const signing = await openSigning(project, 'policy', signer, signal);
    // Asked for before anything is signed: a wrong name is not to cost a release.
    const asking = target?.kind.needsAccount ? { account: await account(), signal } : { signal };
    requireGoing(signal);
    tell({ kind: 'signing' });
    const { serial, warnings } = await deploy(project, { ...signing, validForMs });
    if (target) {
      const { address } = target;
      const onFile = (done: number, total: number) => tell({ kind: 'putting', to: address, done, total });
      await putOnServer(folder, target, asking, onFile);
    }
    return { serial, folder, warnings, ...(target ? { to: target.address } : {}) };
  });
}
