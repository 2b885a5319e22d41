import type { Metadata, Root } from '@tufjs/models';
import { AppError } from '../../lib/errors.ts';
import { fetchBytes, type Source } from '../../sys/sources/source.ts';
import { ROOT_MAX_BYTES } from '../limits.ts';
import { type Identity, identityIn, parseRoot, type RepositoryName } from '../root.ts';

/** The first root a source shows, and the project and repository it stands for. */
export interface FirstRoot extends Identity {
  repository: RepositoryName;
  bytes: Buffer;
  root: Metadata<Root>;
}

/** Whose packages these are, before anything is trusted: to be compared with what the administrator told. @throws as firstRootOf */
export async function identityOf(source: Source, signal?: AbortSignal): Promise<Identity> {
  const { name, fingerprint } = await firstRootOf(source, signal);
  return { name, fingerprint };
}

/** @throws TRUST_INVALID (no such file: this is no repository), TRUST_SIGNATURE, FETCH_FAILED, FETCH_TOO_LARGE, INTERRUPTED */
export async function firstRootOf(source: Source, signal?: AbortSignal): Promise<FirstRoot> {
  const path = 'metadata/1.root.json';
  const bytes = await fetchBytes(source, path, { maxBytes: ROOT_MAX_BYTES, ...(signal ? { signal } : {}) }).catch(
    (error: unknown) => {
      if (!(error instanceof AppError && error.code === 'FETCH_MISSING')) throw error;
      throw new AppError('TRUST_INVALID', `${source.name} holds no Lazaret repository`, { cause: error });
    },
  );
  const root = parseRoot(bytes, `${path} of ${source.name}`);
  return { ...identityIn(root.signed), bytes, root };
}
