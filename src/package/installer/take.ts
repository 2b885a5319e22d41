import { join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { copyFileTo, digestFile, headOf, isThere, moveFile, removeFile } from '../../sys/files/files.ts';
import { makeFolder, namesIn } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { blobName } from '../blob-file.ts';
import { type LazaretFile, lazaretFile, listText, MAX_DEBIAN_PACKAGE_BYTES, type SignedLazaret } from './list.ts';

/** What every Debian package begins with. */
const BEGINNING = '!<arch>\ndebian-binary';

/**
 * The Debian packages of Lazaret in a folder; those of the manager are not for users.
 * @throws LAZARET_FOLDER (there are none, several versions, or one is no Debian package), FILE_*
 */
export async function lazaretIn(folder: string): Promise<LazaretFile[]> {
  const found = (await namesIn(folder)).flatMap((name) => lazaretFile(name) ?? []);
  const versions = [...new Set(found.map(({ version }) => version))];
  if (versions.length === 0)
    throw new AppError('LAZARET_FOLDER', `${folder} has no package lazaret_…_amd64.deb or _arm64.deb`);
  if (versions.length > 1)
    throw new AppError('LAZARET_FOLDER', `${folder} has several versions: ${versions.join(', ')}`);
  for (const { file } of found) await requireDebian(join(folder, file));
  return found;
}

async function requireDebian(path: string): Promise<void> {
  if ((await headOf(path, BEGINNING.length)) !== BEGINNING)
    throw new AppError('LAZARET_FOLDER', `${path} is no Debian package`);
}

/**
 * Takes the Debian packages of Lazaret that `npm run dist` has made in a folder among a repository’s blobs.
 * @returns the list that is to be signed
 * @throws LAZARET_FOLDER, FILE_*, DISK_FULL
 */
export async function takeLazaret(folder: string, repository: string): Promise<string> {
  const taken: SignedLazaret[] = [];
  for (const each of await lazaretIn(folder))
    taken.push({ ...each, sha256: await takeFile(join(folder, each.file), repository) });
  return listText(taken);
}

async function takeFile(path: string, repository: string): Promise<string> {
  await makeFolder(join(repository, 'blobs'));
  const beside = temporaryBeside(join(repository, 'blobs', 'lazaret'));
  try {
    await copyFileTo(path, beside, MAX_DEBIAN_PACKAGE_BYTES);
    const { sha256 } = await digestFile(beside);
    const to = join(repository, blobName(sha256));
    if (!(await isThere(to))) await moveFile(beside, to);
    return sha256;
  } finally {
    await removeFile(beside);
  }
}
