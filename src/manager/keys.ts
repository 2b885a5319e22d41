import { AppError } from '../lib/errors.ts';
import type { HotFixKey } from '../policy/hot-fixes.ts';
import { KEY_ROLES, type KeyRole, keyPath, nextKeyPath, projectPaths } from '../project/layout.ts';
import { openProject, type Project } from '../project/open.ts';
import { saveProjectFile } from '../project/save.ts';
import { isThere, moveFile } from '../sys/files/files.ts';
import {
  createKeyFile,
  type HotFixSigningKey,
  keyIdOf,
  openHotFixKey,
  openKeyFile,
  type SigningKey,
} from '../trust/sign/keys.ts';
import { keysInForce } from '../trust/sign/published.ts';
import { rotateRoot, signAgain } from '../trust/sign/rotate.ts';

/** A key that a project’s roots name, or its file. */
export interface ListedKey {
  role: KeyRole;
  keyId: string;
  path: string;
  /** Whether there is a key file for the role; whether it holds this very key, only its passphrase tells. */
  isHere: boolean;
  /** A change of this key was begun and broken off. */
  isUnfinished: boolean;
  /** When the root that names it ends, in milliseconds since 1970; no root names the key for hot fixes. */
  expiresAt?: number;
}

/** The keys in force, without a passphrase. @throws FILE_MISSING, TRUST_SIGNATURE, TRUST_INVALID */
export async function listKeys(folder: string): Promise<ListedKey[]> {
  const { packages, policies } = projectPaths(folder);
  const [release, policy] = [await keysInForce(packages), await keysInForce(policies)];
  const { hotFixKey } = (await openProject(folder)).file.value;
  const named: [KeyRole, readonly string[], number?][] = [
    ['root', [...new Set([...release.root, ...policy.root])], Math.min(release.expiresAt, policy.expiresAt)],
    ['release', release.role.map(({ keyId }) => keyId), release.expiresAt],
    ['policy', policy.role.map(({ keyId }) => keyId), policy.expiresAt],
    ['hot-fix', hotFixKey ? [keyIdOf(hotFixKey.signs)] : []],
  ];
  const listed = named.flatMap(([role, ids, expiresAt]) =>
    ids.map((keyId) => ({ role, keyId, ...(expiresAt === undefined ? {} : { expiresAt }) })),
  );
  return Promise.all(
    listed.map(async (key) => ({
      ...key,
      path: keyPath(folder, key.role),
      isHere: await isThere(keyPath(folder, key.role)),
      isUnfinished: await isThere(nextKeyPath(folder, key.role)),
    })),
  );
}

/** The role of the key in force whose id begins so. @throws USAGE when there is none, or more than one */
export async function roleOfKey(folder: string, start: string): Promise<KeyRole> {
  const found = (await listKeys(folder)).filter(({ keyId }) => keyId.startsWith(start.toLowerCase()));
  const [key] = found;
  if (start.length < 8 || !key || found.length > 1)
    throw new AppError('USAGE', `“${start}” is not the beginning of one key’s id, of eight digits at least`);
  return key.role;
}

export interface RotateOptions {
  passphrase: string;
  now: number;
}

/**
 * Gives roles new keys under the same passphrase: signs new roots, and what is published once more, so that computers follow.
 * The former keys sign nothing any more. Broken off anywhere, the same again completes it.
 * @throws KEY_*, USAGE (more than one root key), TRUST_*, DISK_FULL, FILE_DENIED
 */
export async function rotateKeys(project: Project, roles: readonly KeyRole[], options: RotateOptions): Promise<void> {
  const { folder } = project;
  const isRootUnfinished = await isThere(nextKeyPath(folder, 'root'));
  const wanted = KEY_ROLES.filter((role) => roles.includes(role) || (role === 'root' && isRootUnfinished));
  for (const role of wanted) {
    if (role === 'hot-fix') {
      await rotateHotFixKey(project, options);
      continue;
    }
    const root = await rootKey(folder, options);
    if (role === 'root') await rotateRootKey(folder, root, options);
    else await rotateRoleKey(folder, role, root, options);
  }
}

async function rootKey(folder: string, { passphrase }: RotateOptions): Promise<SigningKey> {
  const root = await openKeyFile(keyPath(folder, 'root'), passphrase);
  const { packages, policies } = projectPaths(folder);
  const ids = new Set([...(await keysInForce(packages)).root, ...(await keysInForce(policies)).root]);
  if (!(await isThere(nextKeyPath(folder, 'root'))) && ids.size > 1)
    throw new AppError('USAGE', 'the project has more than one root key: all of them would have to sign');
  if (!ids.has(root.keyId))
    throw new AppError('KEY_INVALID', `${keyPath(folder, 'root')} is not the project’s root key`);
  return root;
}

async function rotateRootKey(folder: string, root: SigningKey, { passphrase, now }: RotateOptions): Promise<void> {
  const next = await nextKey(folder, 'root', passphrase);
  const { packages, policies } = projectPaths(folder);
  for (const repository of [packages, policies]) {
    const { root: ids, role: roleKeys } = await keysInForce(repository);
    if (ids.includes(next.keyId)) continue;
    await rotateRoot(repository, { oldKeys: [root], newRootKeys: [next], threshold: 1, roleKeys, now });
  }
  await moveFile(nextKeyPath(folder, 'root'), keyPath(folder, 'root'));
}

async function rotateRoleKey(
  folder: string,
  role: 'release' | 'policy',
  root: SigningKey,
  { passphrase, now }: RotateOptions,
): Promise<void> {
  const { packages, policies } = projectPaths(folder);
  const repository = role === 'release' ? packages : policies;
  const isBegun = await isThere(nextKeyPath(folder, role));
  if (!isBegun) await completeFormer(repository, keyPath(folder, role), { passphrase, now });
  const next = await nextKey(folder, role, passphrase);
  const isInForce = (await keysInForce(repository)).role.some(({ keyId }) => keyId === next.keyId);
  if (!isInForce)
    await rotateRoot(repository, { oldKeys: [root], newRootKeys: [root], threshold: 1, roleKeys: [next], now });
  await moveFile(nextKeyPath(folder, role), keyPath(folder, role));
  await signAgain(repository, next, now);
}

/** A change before this one may have ended with a root whose key has signed nothing yet. A lost key needs none of it. */
async function completeFormer(repository: string, path: string, { passphrase, now }: RotateOptions): Promise<void> {
  try {
    const key = await openKeyFile(path, passphrase);
    const { role } = await keysInForce(repository);
    if (role.some(({ keyId }) => keyId === key.keyId)) await signAgain(repository, key, now);
  } catch (error) {
    if (!(error instanceof AppError && error.code.startsWith('KEY_'))) throw error;
  }
}

/** No root names it: the signed policies do, with the next deploy or package. */
async function rotateHotFixKey(project: Project, { passphrase }: RotateOptions): Promise<void> {
  const { folder, file } = project;
  await nextKey(folder, 'hot-fix', passphrase);
  const next = await openHotFixKey(nextKeyPath(folder, 'hot-fix'), passphrase);
  await saveProjectFile(project, { ...file.value, hotFixKey: publicHalves(next) });
  await moveFile(nextKeyPath(folder, 'hot-fix'), keyPath(folder, 'hot-fix'));
}

/** What computers know of it. */
export function publicHalves({ publicKeyHex, telephoneHex }: HotFixSigningKey): HotFixKey {
  return { signs: publicKeyHex, telephone: telephoneHex };
}

async function nextKey(folder: string, role: KeyRole, passphrase: string): Promise<SigningKey> {
  const path = nextKeyPath(folder, role);
  return (await isThere(path)) ? openKeyFile(path, passphrase) : createKeyFile(path, passphrase);
}
