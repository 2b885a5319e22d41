import { join } from 'node:path';
import { keyPath, projectPaths } from '../project/layout.ts';
import { requireEmpty, writeNewProject } from '../project/make.ts';
import type { ProjectFile } from '../project/schema.ts';
import { makeFolder, removeFolder } from '../sys/files/folders.ts';
import type { Identity } from '../trust/root.ts';
import { createKeyFile, openHotFixKey } from '../trust/sign/keys.ts';
import { createRepository } from '../trust/sign/repository.ts';
import { publicHalves } from './keys.ts';

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
 * Founds a project in an empty folder: its keys, the first roots of its two repositories, its files.
 * Nothing is left when it fails.
 * @throws PROJECT_EXISTS, FILE_DENIED, DISK_FULL
 */
export async function foundProject(
  folder: string,
  { name, policyServer, packageServer, passphrase, now, keyIterations }: NewProject,
): Promise<Identity> {
  await requireEmpty(folder);
  await makeFolder(folder);
  try {
    return await fill();
  } catch (error) {
    for (const part of ['keys', 'published', 'vms', 'resources', 'lazaret.yaml', '.gitignore'])
      await removeFolder(join(folder, part));
    throw error;
  }

  async function fill(): Promise<Identity> {
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
}
