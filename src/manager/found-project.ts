import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { issueTexts } from '../lib/issues.ts';
import { keyPath, projectPaths } from '../project/layout.ts';
import { writeNewProject } from '../project/make.ts';
import { ProjectFile } from '../project/schema.ts';
import { makeFolder } from '../sys/files/folders.ts';
import { Identity } from '../trust/root.ts';
import { createKeyFile, openHotFixKey } from '../trust/sign/keys.ts';
import { createRepository } from '../trust/sign/repository.ts';
import { publicHalves } from './keys.ts';
import { makeWhole } from './make-whole.ts';

export interface NewProject {
  name: string;
  policyServer?: string;
  packageServer?: string;
  passphrase: string;
  now: number;
  /** How often a guess at the passphrase is hashed, if not as usual. */
  keyIterations?: number;
}

/**
 * Founds a project in an empty folder: its keys, the first roots of its two repositories, its files; whole or not at all.
 * @throws USAGE when no project may be called so or have such servers, PROJECT_EXISTS, PROJECT_NESTED, PROJECT_BUSY, FILE_DENIED, DISK_FULL
 */
export async function foundProject(folder: string, project: NewProject): Promise<Identity> {
  requireSettings(project);
  return makeWhole(folder, (inside) => fillProject(inside, project));
}

/** The same in a folder that becomes the project’s later, and goes when this fails. @throws USAGE, FILE_DENIED, DISK_FULL */
export async function fillProject(folder: string, project: NewProject): Promise<Identity> {
  requireSettings(project);
  const { name, policyServer, packageServer, passphrase, now, keyIterations } = project;
  const paths = projectPaths(folder);
  await makeFolder(paths.keys, 0o700);
  const [rootKey, releaseKey, policyKey] = [
    await createKeyFile(keyPath(folder, 'root'), passphrase, keyIterations),
    await createKeyFile(keyPath(folder, 'release'), passphrase, keyIterations),
    await createKeyFile(keyPath(folder, 'policy'), passphrase, keyIterations),
  ];
  await createKeyFile(keyPath(folder, 'hot-fix'), passphrase, keyIterations);
  const hotFixKey = publicHalves(await openHotFixKey(keyPath(folder, 'hot-fix'), passphrase));
  const both = { projectName: name, rootKey, now };
  const identity = await createRepository(paths.packages, { repository: 'packages', roleKey: releaseKey, ...both });
  const { fingerprint } = identity;
  await createRepository(paths.policies, { repository: 'policies', roleKey: policyKey, fingerprint, ...both });
  const file: ProjectFile = {
    ...{ format: 1, name, fingerprint },
    ...(policyServer === undefined ? {} : { policyServer }),
    ...(packageServer === undefined ? {} : { packageServer }),
    hotFixKey,
  };
  await writeNewProject(folder, file);
  return identity;
}

/** With what its file may not say the project would never be opened, and its roots of trust say its name too. */
function requireSettings(settings: NewProject): void {
  const { policyServer, packageServer } = ProjectFile.shape;
  const name = ProjectFile.shape.name.pipe(Identity.shape.name);
  const Settings = z.object({ name, policyServer: z.optional(policyServer), packageServer: z.optional(packageServer) });
  const { error } = Settings.safeParse(settings);
  if (!error) return;
  const problems = issueTexts(error);
  throw new AppError('USAGE', problems.join('; '), { details: { problems } });
}
