import { writeFileAtomic } from '../../sys/files/files.ts';
import { checkRoot, ROOT_VALID_MS } from '../root.ts';
import type { PublicKey, SigningKey } from './keys.ts';
import { lastRelease, newestRoot, rootPath, rootsIn } from './published.ts';
import { publish } from './repository.ts';
import { newRoot, signed } from './signing.ts';

export interface Rotation {
  /** Keys of the root in force, at least its threshold of them. */
  oldKeys: readonly SigningKey[];
  /** Keys of the new root; at least `threshold` of them have to sign it. */
  newRootKeys: readonly SigningKey[];
  roleKeys: readonly PublicKey[];
  threshold: number;
  now: number;
  rootValidForMs?: number;
}

/**
 * Adds a root with other keys. Computers take the step once a release is published under it, so `publish` comes next; with
 * changed root keys both repositories of a project need it.
 * @throws TRUST_SIGNATURE (too few of the old keys or the new), TRUST_INVALID, FILE_MISSING, DISK_FULL, FILE_DENIED
 */
export async function rotateRoot(folder: string, rotation: Rotation): Promise<{ version: number }> {
  const roots = await rootsIn(folder);
  const form = checkRoot(newestRoot(roots, folder));
  const version = form.version + 1;
  const fingerprint = form['x-lazaret-fingerprint'];
  const root = newRoot(
    {
      repository: form['x-lazaret-repository'],
      projectName: form['x-lazaret-project'],
      ...(fingerprint === undefined ? {} : { fingerprint }),
      rootKeys: rotation.newRootKeys,
      threshold: rotation.threshold,
      roleKeys: rotation.roleKeys,
    },
    version,
    rotation.now + (rotation.rootValidForMs ?? ROOT_VALID_MS),
  );
  const bytes = signed(root, [...rotation.oldKeys, ...rotation.newRootKeys]);
  newestRoot([...roots, bytes], 'the new root');
  await writeFileAtomic(rootPath(folder, version), bytes);
  return { version };
}

/**
 * Signs what a repository holds once more with the key in force, for as long as before, so that computers can follow. A
 * repository without a release, or whose release that key signed, stays as it is.
 * @throws as publish
 */
export async function signAgain(folder: string, key: SigningKey, now: number): Promise<void> {
  const last = await lastRelease(folder, await rootsIn(folder));
  if (!last?.isOfFormerKeys) return;
  await publish(folder, { add: new Map(), key, now, validForMs: last.expiresAt - last.signedAt });
}
