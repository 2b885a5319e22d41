import type { AppError } from '../lib/errors.ts';
import { projectPaths } from '../project/layout.ts';
import { openProject, type Project } from '../project/open.ts';
import { lastRelease, rootsIn } from '../trust/sign/published.ts';
import { type ListedKey, listKeys } from './keys.ts';
import { type ListedPackage, listPackages } from './packages/list.ts';
import { doubtOfClock } from './signing.ts';

/** What a project is set to, and how it stands. Times are ISO. */
export interface ProjectState {
  name: string;
  fingerprint: string;
  policyServer?: string;
  packageServer?: string;
  recoveryKey?: string;
  /** The address of the domain whose accounts open machines. */
  domain?: string;
  /** It has rules for users’ computers themselves. */
  hasHostPolicy: boolean;
  machines: { vm: string; quarantine: string; descriptor?: string }[];
  /** What computers look up; absent before the first deploy. */
  policies?: { serial: number; signedAt: string; expiresAt: string };
  keys: Pick<ListedKey, 'role' | 'keyId' | 'isHere' | 'isUnfinished' | 'expiresAt'>[];
}

/** A project, its packages, and what speaks against this computer’s clock. @throws PROJECT_*, TRUST_*, FILE_MISSING */
export async function lookAtProject(
  folder: string,
  signal: AbortSignal,
): Promise<{ state: ProjectState; packages: ListedPackage[]; doubt: AppError | undefined }> {
  const project = await openProject(folder);
  const [state, packages] = [await projectState(project), await listPackages(folder)];
  return { state, packages, doubt: await doubtOfClock(project, signal) };
}

/** A project’s settings and its state, without a passphrase. @throws TRUST_*, FILE_MISSING where what is published is damaged */
async function projectState({ folder, file, vms }: Project): Promise<ProjectState> {
  const { name, fingerprint, policyServer, packageServer, recoveryKey, domain, host } = file.value;
  const { policies: repository } = projectPaths(folder);
  const release = await lastRelease(repository, await rootsIn(repository));
  const keys = await listKeys(folder);
  return {
    ...{ name, fingerprint },
    ...(policyServer === undefined ? {} : { policyServer }),
    ...(packageServer === undefined ? {} : { packageServer }),
    ...(recoveryKey === undefined ? {} : { recoveryKey }),
    ...(domain === undefined ? {} : { domain: domain.address }),
    hasHostPolicy: host !== undefined,
    machines: vms.map(({ name: vm, policy, state: { descriptor } }) => ({
      ...{ vm, quarantine: policy.value.quarantine.type },
      ...(descriptor === undefined ? {} : { descriptor }),
    })),
    ...(release
      ? { policies: { serial: release.version, signedAt: iso(release.signedAt), expiresAt: iso(release.expiresAt) } }
      : {}),
    keys: keys.map(({ path: _, ...key }) => key),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
