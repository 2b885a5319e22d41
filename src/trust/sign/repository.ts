import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { TargetFile } from '@tufjs/models';
import { AppError } from '../../lib/errors.ts';
import { noSteps, type Steps } from '../../lib/steps.ts';
import { isThere, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import * as limits from '../limits.ts';
import { TargetName } from '../release.ts';
import { type Identity, identityIn, type RepositoryName, ROOT_VALID_MS } from '../root.ts';
import { parseSigned } from '../verify/verified.ts';
import type { SigningKey } from './keys.ts';
import { lastRelease, newestRoot, rootPath, rootsIn } from './published.ts';
import { newRelease, newRoot, type RootContents, signed } from './signing.ts';

export interface NewRepository {
  repository: RepositoryName;
  projectName: string;
  /** The project's, which creating `packages` gave; for `policies` alone. */
  fingerprint?: string;
  rootKey: SigningKey;
  /** The release key of `packages`, the policy key of `policies`. */
  roleKey: SigningKey;
  now: number;
  rootValidForMs?: number;
}

/**
 * Makes an empty repository: its first root. The first `publish` makes it readable.
 * @throws PROJECT_EXISTS, TRUST_INVALID (name or fingerprint not as they should be), DISK_FULL, FILE_DENIED
 */
export async function createRepository(folder: string, wanted: NewRepository): Promise<Identity> {
  const path = rootPath(folder, 1);
  if (await isThere(path))
    throw new AppError('PROJECT_EXISTS', `${folder} holds a repository`, { details: { folder } });
  const contents: RootContents = {
    repository: wanted.repository,
    projectName: wanted.projectName,
    ...(wanted.fingerprint === undefined ? {} : { fingerprint: wanted.fingerprint }),
    rootKeys: [wanted.rootKey],
    threshold: 1,
    roleKeys: [wanted.roleKey],
  };
  const root = newRoot(contents, 1, wanted.now + (wanted.rootValidForMs ?? ROOT_VALID_MS));
  const { name, fingerprint } = identityIn(root);
  await makeFolder(join(folder, 'metadata'));
  await makeFolder(join(folder, 'targets'));
  await writeFileAtomic(path, signed(root, [wanted.rootKey]));
  return { name, fingerprint };
}

export interface Publication {
  add: ReadonlyMap<string, Uint8Array>;
  remove?: readonly string[];
  key: SigningKey;
  now: number;
  validForMs: number;
  steps?: Steps;
}

/**
 * Signs a new release: what was there, without `remove`, with `add`. Readers see the old release until timestamp.json is
 * replaced as the last step; what a crash left before that is overwritten by the next run.
 * @throws KEY_INVALID (not this repository's key), FILE_MISSING (no repository), TRUST_INVALID, TRUST_SIGNATURE, TRUST_DIGEST
 *   (the folder was changed by others), DISK_FULL, FILE_DENIED
 */
export async function publish(
  folder: string,
  { add, remove = [], key, now, validForMs, steps = noSteps }: Publication,
): Promise<{ version: number; signedAt: number }> {
  const roots = await rootsIn(folder);
  if (!newestRoot(roots, folder).roles['timestamp']?.keyIDs.includes(key.keyId))
    throw new AppError('KEY_INVALID', `the key given is not the one of ${folder}`, { details: { keyId: key.keyId } });
  const last = await lastRelease(folder, roots);

  const files = new Map(last?.targets.map(({ name, bytes, sha256 }) => [name, fileOf(name, bytes, sha256)]));
  for (const name of remove) files.delete(name);
  for (const [name, bytes] of add) {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    files.set(parseSigned(name, TargetName, `the name ${name}`), fileOf(name, bytes.length, sha256));
    await writeFileAtomic(join(folder, 'targets', `${sha256}.${name}`), bytes);
  }
  await steps('targets');
  const version = (last?.version ?? 0) + 1;
  // In whole seconds, as it is written; never before the last one, though the administrator's clock may have been set back.
  // Under other keys time counts afresh (trust §5.2).
  const least = last && !last.isOfFormerKeys ? last.signedAt : 0;
  const signedAt = Math.max(Math.floor(now / 1000) * 1000, least);
  const release = newRelease([...files.values()], { version, signedAt, expiresAt: signedAt + validForMs, key });
  if (release.targets.length > limits.TARGETS_MAX_BYTES)
    throw new AppError('TRUST_INVALID', 'there are more files than one release can list');
  await writeFileAtomic(join(folder, 'metadata', `${version}.targets.json`), release.targets);
  await writeFileAtomic(join(folder, 'metadata', `${version}.snapshot.json`), release.snapshot);
  await steps('snapshot');
  await writeFileAtomic(join(folder, 'metadata', 'timestamp.json'), release.timestamp);
  await steps('published');
  return { version, signedAt };
}

function fileOf(path: string, length: number, sha256: string): TargetFile {
  return new TargetFile({ path, length, hashes: { sha256 } });
}
