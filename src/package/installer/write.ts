import { join } from 'node:path';
import { copyFileTo, copyProgram } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { ownPath } from '../../sys/files/own-tree.ts';
import { blobName } from '../blob-file.ts';
import { INSTALL_FILE, LAZARET_FOLDER, MAX_DEBIAN_PACKAGE_BYTES, MAX_LIST_BYTES, SUMS_FILE } from './list.ts';
import { listedIn, listPath } from './published.ts';

const MAX_SCRIPT_BYTES = 64 << 10;

/**
 * Puts Lazaret itself, as a list of a repository says, into a package’s folder, with the script that installs it. All of it lies in
 * clear, of an encrypted package too: it says nothing of whose package it is. @throws FILE_*, DISK_FULL
 */
export async function writeLazaret(repository: string, list: string, folder: string): Promise<void> {
  const to = join(folder, LAZARET_FOLDER);
  await makeFolder(to);
  for (const { file, sha256 } of await listedIn(repository, list))
    await copyFileTo(join(repository, blobName(sha256)), join(to, file), MAX_DEBIAN_PACKAGE_BYTES);
  await copyFileTo(listPath(repository, list), join(to, SUMS_FILE), MAX_LIST_BYTES);
  await copyProgram(ownPath('src', 'package', 'installer', 'install.sh'), join(folder, INSTALL_FILE), MAX_SCRIPT_BYTES);
}
