import { join } from 'node:path';
import { readCapped } from '../../sys/files/files.ts';
import type { OnFile } from '../kind.ts';
import { type Publication, TIMESTAMP } from '../publication.ts';
import type { DirectoryLogin } from './directory-client.ts';
import { isPartName, PART_BYTES, partCount, partName } from './directory-names.ts';
import { Directory } from './directory-objects.ts';

const MAX_FILE_BYTES = 16 << 20;

/**
 * Writes a release into a directory, its timestamp last: until then, and whenever this ends before, readers see the former
 * release. What neither of the two needs is removed afterwards.
 * @throws STORE_DENIED, STORE_LOGIN, STORE_NOT_SAFE, FETCH_FAILED, FETCH_MISSING
 */
export async function putInDirectory(
  { folder, content, former }: Publication,
  login: DirectoryLogin,
  onFile: OnFile = () => undefined,
): Promise<void> {
  await using directory = await Directory.open(login);
  await directory.makePlace();
  const kept = new Set<string>();
  const paths = [...content, TIMESTAMP];
  for (const [index, path] of paths.entries()) {
    const bytes = await readCapped(join(folder, path), MAX_FILE_BYTES);
    // The first part last: without it the file is not there.
    for (let part = partCount(bytes.length) - 1; part >= 0; part -= 1) {
      const name = partName(path, part);
      await replace(directory, name, bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
      kept.add(name);
    }
    onFile(index + 1, paths.length);
  }
  const isFormer = ofFiles(former);
  const names = await directory.names();
  for (const name of names.filter((found) => isPartName(found) && !kept.has(found) && !isFormer(found)))
    await directory.remove(name);
}

/** What has not changed is not written, so that domain controllers have nothing to tell each other. */
async function replace(directory: Directory, name: string, bytes: Buffer): Promise<void> {
  const there = await directory.read(name, PART_BYTES);
  if (!there?.equals(bytes)) await directory.write(name, bytes);
}

function ofFiles(paths: readonly string[]): (name: string) => boolean {
  const files = new Set(paths.map((path) => partName(path, 0).replace(/\.0$/, '')));
  return (name) => files.has(name.replace(/\.\d+$/, ''));
}
