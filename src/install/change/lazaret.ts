import type { SignedLazaret } from '../../package/installer/list.ts';
import { signedLazaret } from '../../package/open.ts';
import { openSource } from '../../package/source.ts';
import { copyFolder, removeFolder } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { computerPaths } from '../state/layout.ts';
import type { InstallOptions, InstallRequest } from './install.ts';
import { mendTrustOf } from './mend-trust.ts';
import { trustProject } from './trust-project.ts';

/** Which Lazaret itself a project has signed, of those that a package brings. */
export interface SignedLazaretAt {
  project: { name: string; fingerprint: string };
  files: SignedLazaret[];
}

/**
 * Verifies which Lazaret itself the project of a package has signed. No project is trusted by it.
 * @throws TRUST_CONFIRM (no project is trusted here yet, and no fingerprint was given), LAZARET_MISSING, TRUST_*, FETCH_*, PACKAGE_*, MEDIA_INVALID
 */
export async function signedLazaretAt(
  { source, fingerprint, secret }: Pick<InstallRequest, 'source' | 'fingerprint' | 'secret'>,
  { state, now, signal, inTrustTurn = (work) => work() }: Omit<InstallOptions, 'onProgress'>,
): Promise<SignedLazaretAt> {
  await inTrustTurn(() => mendTrustOf(state));
  const { trust } = computerPaths(state);
  // What was only looked at raises nothing.
  const trustFolder = temporaryBeside(trust);
  await using _copy = { [Symbol.asyncDispose]: () => removeFolder(trustFolder) };
  await copyFolder(trust, trustFolder);
  await using medium = await openSource(source, secret);
  const { name, fingerprint: own } = await trustProject(trustFolder, medium, fingerprint);
  const files = await signedLazaret(medium, { trustFolder, now, signal });
  return { project: { name, fingerprint: own }, files };
}
