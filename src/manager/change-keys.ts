import { AppError } from '../lib/errors.ts';
import type { KeyRole } from '../project/layout.ts';
import { openProject } from '../project/open.ts';
import { withProject } from '../project/save.ts';
import { type ListedKey, listKeys, roleOfKey, rotateKeys } from './keys.ts';
import { doubtOfClock, type Signer, timeAgainstServers } from './signing.ts';

/** What has to be done so that computers learn of a new key. */
const NEXT: Record<KeyRole, string> = {
  root: 'computers learn of the new root key with the next policies and packages that they fetch',
  release:
    'put published/packages on its server again, and hand out new media: what is signed from now on has the new key',
  policy: 'put published/policies on its server again, as `lazaret-manager deploy` does',
  'hot-fix':
    'computers learn of it with the next deploy or package; requests that they made before cannot be answered any more',
};

/** A key that has just come into force, and what is left to do. */
export interface NewKey extends ListedKey {
  next: string;
}

/** The keys in force, and what speaks against this computer’s clock. @throws PROJECT_*, FILE_MISSING, TRUST_* */
export async function lookAtKeys(
  folder: string,
  signal: AbortSignal,
): Promise<{ keys: ListedKey[]; doubt: AppError | undefined }> {
  const keys = await listKeys(folder);
  return { keys, doubt: await doubtOfClock(await openProject(folder), signal) };
}

/** Gives roles new keys, as `rotateKeys` does, with a time that servers do not speak against. @throws PROJECT_*, CLOCK_CONFIRM, and as rotateKeys */
export async function renewKeys(
  folder: string,
  roles: readonly KeyRole[],
  { vouchForClock, passphrase }: Signer,
  signal: AbortSignal,
): Promise<NewKey[]> {
  const listed = await withProject(folder, async (project) => {
    const now = await timeAgainstServers(project, vouchForClock, signal);
    await rotateKeys(project, roles, { passphrase: await passphrase(), now });
    return listKeys(folder);
  });
  return listed.filter(({ role }) => roles.includes(role)).map((key) => ({ ...key, next: NEXT[key.role] }));
}

/**
 * Gives the role of a key a new one, where `agree` says so to what follows, or is not given. The key is named by the beginning
 * of its id.
 * @throws KEY_CONFIRM, USAGE (no such key), and as renewKeys
 */
export async function revokeKey(
  folder: string,
  start: string,
  signer: Signer,
  signal: AbortSignal,
  agree?: (loss: string) => Promise<boolean>,
): Promise<NewKey[]> {
  const role = await roleOfKey(folder, start);
  const known = role === 'hot-fix' ? 'the next deploy or package' : 'the new root';
  const loss = `what the ${role} key signs is refused from now on wherever ${known} is known`;
  if (agree && !(await agree(loss))) throw new AppError('KEY_CONFIRM', loss);
  return renewKeys(folder, [role], signer, signal);
}
