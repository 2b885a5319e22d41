import { resolve } from 'node:path';
import { AppError } from '../lib/errors.ts';
import { type DirectoryAddress, directoryAddress, isDirectory } from '../policy/policy-server.ts';
import type { DirectoryAccount } from './directory-account.ts';
import { putInFolder } from './folder.ts';
import { publicationIn } from './publication.ts';
import { putInDirectory } from './put-in-directory.ts';
import { putByRsync } from './rsync.ts';

/** Where a deploy goes, beside the published folder of the project itself. */
export type DeployTarget =
  | { kind: 'folder'; folder: string }
  | { kind: 'rsync'; to: string }
  | { kind: 'directory'; address: DirectoryAddress };

/** Understands `ldaps://HOST/DN`, `ldap://HOST/DN`, `[USER@]HOST:/PATH`, or a folder’s path. @throws USAGE */
export function deployTarget(text: string): DeployTarget {
  const address = directoryAddress(text);
  if (address) return { kind: 'directory', address };
  if (isDirectory(text) || /^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    throw new AppError('USAGE', `${text} is not a place to deploy to`);
  // A dash at the beginning would be an option of ssh.
  if (/^(?!-)[^/\s]+:\/./.test(text)) return { kind: 'rsync', to: text };
  return { kind: 'folder', folder: resolve(text) };
}

/**
 * Puts the newest release of a published folder on a policy server. Readers see the former release or the new one, never a mix.
 * @throws STORE_*, FETCH_*, DEPLOY_FAILED, PROGRAM_MISSING, FILE_*, DISK_FULL, INTERRUPTED
 */
export async function putOnServer(
  published: string,
  target: DeployTarget,
  { account, signal }: { account?: DirectoryAccount; signal?: AbortSignal },
): Promise<void> {
  const publication = await publicationIn(published);
  switch (target.kind) {
    case 'folder':
      return putInFolder(publication, target.folder);
    case 'rsync':
      return putByRsync(publication, target.to, signal ? { signal } : {});
    case 'directory':
      if (!account) throw new AppError('USAGE', 'a directory needs an account: give --user');
      return putInDirectory(publication, { address: target.address, account, signal });
  }
}
