import { join } from 'node:path';
import { readCapped, removeFile } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';
import { lastRelease, rootsIn } from '../../trust/sign/published.ts';
import { LAZARET_LIST, MAX_LIST_BYTES, parseList, type SignedLazaret } from './list.ts';

/** The digest of the list that a repository’s release names, or undefined where the project hands out no Lazaret. @throws TRUST_* */
export async function publishedList(repository: string): Promise<string | undefined> {
  if (!(await listsIn(repository)).length) return undefined;
  const release = await lastRelease(repository, await rootsIn(repository));
  return release?.targets.find(({ name }) => name === LAZARET_LIST)?.sha256;
}

/** What a list says that was signed. @throws TRUST_INVALID, FILE_* */
export async function listedIn(repository: string, list: string): Promise<SignedLazaret[]> {
  return parseList((await readCapped(listPath(repository, list), MAX_LIST_BYTES)).toString('utf8'));
}

export function listPath(repository: string, list: string): string {
  return join(repository, 'targets', `${list}.${LAZARET_LIST}`);
}

/** Removes the lists that no release names any more; gives the digests of what the one in force names. @throws TRUST_* */
export async function removeFormerLists(repository: string): Promise<string[]> {
  const inForce = await publishedList(repository);
  for (const name of await listsIn(repository))
    if (name !== `${inForce}.${LAZARET_LIST}`) await removeFile(join(repository, 'targets', name));
  return inForce === undefined ? [] : (await listedIn(repository, inForce)).map(({ sha256 }) => sha256);
}

async function listsIn(repository: string): Promise<string[]> {
  return (await namesIn(join(repository, 'targets'))).filter((name) => name.endsWith(`.${LAZARET_LIST}`));
}
