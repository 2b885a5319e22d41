import { createHash } from 'node:crypto';
import type { NotDeployed } from '../../api/manager/project.ts';
import { canonicalJson } from '../../lib/json.ts';
import { policyDocument } from '../../package/build/publish-policies.ts';
import { asksServer } from '../../policy/reading/looked-up.ts';
import { projectPaths } from '../../project/layout.ts';
import type { Project } from '../../project/open.ts';
import { type LastRelease, lastRelease, rootsIn } from '../../trust/sign/published.ts';

/** The last deploy of a project, as computers see it; undefined before the first. @throws TRUST_*, FILE_MISSING */
export async function lastDeploy(folder: string): Promise<LastRelease | undefined> {
  const { policies } = projectPaths(folder);
  return lastRelease(policies, await rootsIn(policies));
}

/** What of a project’s policies computers do not have, because it was not deployed. @throws as lastDeploy */
export async function notDeployed(project: Project): Promise<NotDeployed[]> {
  const last = await lastDeploy(project.folder);
  const signed = new Map(last?.targets.map(({ name, sha256 }) => [name, sha256]));
  const changes = project.vms.flatMap((vm): NotDeployed[] => {
    const sha256 = signed.get(`${vm.name}.json`);
    // What only packages bring is not waited for before the first deploy.
    if (sha256 === undefined) return asksServer(vm.policy.value) ? [{ vm: vm.name, change: 'new' }] : [];
    const text = canonicalJson(policyDocument(project, vm, last?.version ?? 0));
    const isSame = createHash('sha256').update(text).digest('hex') === sha256;
    return isSame ? [] : [{ vm: vm.name, change: 'changed' }];
  });
  const names = new Set(project.vms.map(({ name }) => `${name}.json`));
  const gone = [...signed.keys()].filter((name) => !names.has(name));
  return [...changes, ...gone.map((name) => ({ vm: name.replace(/\.json$/, ''), change: 'gone' as const }))];
}
