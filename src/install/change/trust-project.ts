import { AppError } from '../../lib/errors.ts';
import { moveFolder, removeFolder } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import type { Source } from '../../sys/sources/source.ts';
import { pinnedProject, pinProject } from '../../trust/verify/client.ts';
import { identityOf } from '../../trust/verify/identity.ts';

/**
 * The folder of trust that an installation works with: this computer's own, or, until it has one, a folder beside it that
 * goes unless `keep` makes it the computer's own.
 */
export class InstallTrust implements AsyncDisposable {
  readonly folder: string;
  readonly #own: string;
  #isKept = false;

  private constructor(folder: string, own: string) {
    this.folder = folder;
    this.#own = own;
  }

  static async open(own: string): Promise<InstallTrust> {
    return new InstallTrust((await pinnedProject(own)) ? own : temporaryBeside(own), own);
  }

  /** No project was this computer's before. */
  get isNew(): boolean {
    return this.folder !== this.#own;
  }

  /** The project is the computer's from now on. */
  async keep(): Promise<void> {
    if (!this.isNew || this.#isKept) return;
    // Without a project there is nothing in it that anybody trusts.
    await removeFolder(this.#own);
    await moveFolder(this.folder, this.#own);
    this.#isKept = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isNew) await removeFolder(this.folder);
  }
}

/**
 * Makes sure that a package is of the project this trust folder belongs to. The first one decides, if its fingerprint is
 * the one the user was told.
 * @throws TRUST_CONFIRM (first package, no fingerprint given), PACKAGE_INVALID (there is none), TRUST_FINGERPRINT, TRUST_FOREIGN, TRUST_*, FETCH_*
 */
export async function trustProject(
  trustFolder: string,
  source: Source,
  fingerprint: string | undefined,
): Promise<{ name: string; fingerprint: string }> {
  const pinned = await pinnedProject(trustFolder);
  try {
    return await trusted(trustFolder, source, pinned?.fingerprint, fingerprint);
  } catch (error) {
    // A folder or an address where there is nothing of ours: nothing is damaged, it is the wrong place.
    const isNothing =
      error instanceof AppError && error.cause instanceof AppError && error.cause.code === 'FETCH_MISSING';
    if (!isNothing || error.code !== 'TRUST_INVALID') throw error;
    throw new AppError('PACKAGE_INVALID', `${source.name} holds no Lazaret package`, { cause: error });
  }
}

async function trusted(
  trustFolder: string,
  source: Source,
  pinned: string | undefined,
  fingerprint: string | undefined,
): Promise<{ name: string; fingerprint: string }> {
  if (pinned && fingerprint === undefined) return pinProject(trustFolder, source, pinned);
  if (fingerprint !== undefined) return pinProject(trustFolder, source, fingerprint);
  const found = await identityOf(source);
  throw new AppError(
    'TRUST_CONFIRM',
    `this is the first package here, of project ${found.name}, fingerprint ${found.fingerprint}`,
    {
      details: { name: found.name, fingerprint: found.fingerprint },
    },
  );
}
