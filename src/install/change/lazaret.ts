import type { SignedLazaret } from '../../package/installer/list.ts';
import { signedLazaret } from '../../package/open.ts';
import type { InstallOptions, InstallRequest } from './install.ts';
import { lookAt } from './looked-at.ts';
import { requirePackageServer } from './update.ts';

/** Which Lazaret itself a project has signed, of those that a package brings. */
export interface SignedLazaretAt {
  project: { name: string; fingerprint: string };
  /** Where they are. */
  source: string;
  files: SignedLazaret[];
}

/** A package, and what opens it. */
export type LazaretRequest = Partial<Pick<InstallRequest, 'source'>> & Pick<InstallRequest, 'fingerprint' | 'secret'>;

/**
 * Verifies which Lazaret itself the project of a package has signed. No project is trusted by it.
 * Without a source it is what the project’s own address has.
 * @throws UPDATE_ADDRESS, TRUST_CONFIRM (no project is trusted here yet, and no fingerprint was given), LAZARET_MISSING, TRUST_*, FETCH_*, PACKAGE_*, MEDIA_INVALID
 */
export async function signedLazaretAt(
  request: LazaretRequest,
  { now, signal, ...options }: Omit<InstallOptions, 'onProgress'>,
): Promise<SignedLazaretAt> {
  const source = request.source ?? (await requirePackageServer(options.state));
  await using looked = await lookAt({ ...request, source }, options);
  const { medium, project, trustFolder } = looked;
  const files = await signedLazaret(medium, { trustFolder, now, signal });
  return { project, source, files };
}
