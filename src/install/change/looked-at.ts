import { openSource } from '../../package/source.ts';
import { copyFolder, removeFolder } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import type { Source } from '../../sys/sources/source.ts';
import { computerPaths } from '../state/layout.ts';
import type { InstallOptions, InstallRequest } from './install.ts';
import { mendTrustOf } from './prove/mend-trust.ts';
import { trustProject } from './trust-project.ts';

/** A package that is only looked at, until it is disposed of. */
export interface LookedAt extends AsyncDisposable {
  medium: Source;
  project: { name: string; fingerprint: string };
  /** A copy of what the computer trusts: whoever installs meanwhile has the other, and what was only looked at raises nothing. */
  trustFolder: string;
}

/**
 * Opens a package of the project that this computer trusts, or of one with this fingerprint. No project is trusted by it.
 * @throws TRUST_CONFIRM, TRUST_*, FETCH_*, PACKAGE_INVALID, PACKAGE_LOCKED, PACKAGE_SECRET, MEDIA_INVALID
 */
export async function lookAt(
  { source, fingerprint, secret }: Pick<InstallRequest, 'source' | 'fingerprint' | 'secret'>,
  { state, inTrustTurn = (work) => work() }: Pick<InstallOptions, 'state' | 'inTrustTurn'>,
): Promise<LookedAt> {
  await inTrustTurn(() => mendTrustOf(state));
  const { trust } = computerPaths(state);
  await using opened = new AsyncDisposableStack();
  const trustFolder = opened.adopt(temporaryBeside(trust), removeFolder);
  await copyFolder(trust, trustFolder);
  const medium = opened.use(await openSource(source, secret));
  const { name, fingerprint: own } = await trustProject(trustFolder, medium, fingerprint);
  const kept = opened.move();
  return {
    ...{ medium, project: { name, fingerprint: own }, trustFolder },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
