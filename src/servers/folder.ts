import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCapped, writeFileAtomic } from '../sys/files/files.ts';
import { makeFolder } from '../sys/files/folders.ts';
import { folderSource } from '../sys/sources/folder-source.ts';
import type { OnFile, ServerKind } from './kind.ts';
import { type Publication, TIMESTAMP } from './publication.ts';

const MAX_FILE_BYTES = 16 << 20;

/** A folder of this computer, by its path or its `file:` address. It is tried last: a path is what is no address. */
export const folder: ServerKind = {
  form: 'a folder (file:///PATH)',
  owns: (address) => (/^[a-z][a-z0-9+.-]*:/i.test(address) ? isFile(URL.parse(address)) : address !== ''),
  source: (address) => folderSource(pathOf(address)),
  put: (publication, address, _asking, onFile) => putInFolder(publication, pathOf(address), onFile),
};

function isFile(url: URL | null): boolean {
  return url?.protocol === 'file:' && url.host === '' && !/%2f/i.test(url.pathname);
}

function pathOf(address: string): string {
  return isFile(URL.parse(address)) ? fileURLToPath(address) : resolve(address);
}

/** Copies a release into a folder, its timestamp last: until then, and whenever this ends before, readers see the former release. @throws FILE_*, DISK_FULL */
export async function putInFolder(
  { folder, content }: Publication,
  to: string,
  onFile: OnFile = () => undefined,
): Promise<void> {
  await makeFolder(join(to, 'metadata'));
  await makeFolder(join(to, 'targets'));
  const paths = [...content, TIMESTAMP];
  for (const [index, path] of paths.entries()) {
    await writeFileAtomic(join(to, path), await readCapped(join(folder, path), MAX_FILE_BYTES));
    onFile(index + 1, paths.length);
  }
}
