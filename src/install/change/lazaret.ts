import type { SignedLazaret } from '../../package/installer/list.ts';
import { signedLazaret } from '../../package/open.ts';
import type { InstallOptions, InstallRequest } from './install.ts';
import { lookAt } from './looked-at.ts';

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
  request: Pick<InstallRequest, 'source' | 'fingerprint' | 'secret'>,
  { now, signal, ...options }: Omit<InstallOptions, 'onProgress'>,
): Promise<SignedLazaretAt> {
  await using looked = await lookAt(request, options);
  const { medium, project, trustFolder } = looked;
  const files = await signedLazaret(medium, { trustFolder, now, signal });
  return { project, files };
}
