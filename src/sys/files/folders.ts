import { constants, type Dirent } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../../lib/errors.ts';
import { coded, fileError, folderError } from './file-error.ts';
import { temporaryBeside } from './temporary.ts';

/** Removes what interrupted writes left in a folder. */
export async function removeTemporary(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (name.startsWith('.') && name.endsWith('.tmp'))
      await fs.rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Makes a rename in this folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await fs.open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  await handle.sync();
}

/** Syncs every file and folder below and including this folder, innermost first. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) {
      await using file = await fs.open(path, 'r');
      await file.sync();
    }
  }
  await syncFolder(folder);
}

/** Points a symbolic link at `target` as one step. */
export async function replaceLink(path: string, target: string): Promise<void> {
  await coded(path, async () => {
    const beside = temporaryBeside(path);
    await fs.symlink(target, beside);
    await fs.rename(beside, path);
    await syncFolder(dirname(path));
  });
}

/** Gives a symbolic link another name, over what was there, as one step. */
export async function moveLink(from: string, to: string): Promise<void> {
  await coded(to, async () => {
    await fs.rename(from, to);
    await syncFolder(dirname(to));
  });
}

/**
 * A folder’s path without symbolic links; one that leads through another process’s mounts has no other name here, and stays.
 * @throws FILE_MISSING, FILE_DENIED
 */
export function realPath(path: string): Promise<string> {
  return coded(path, async () => {
    try {
      return await fs.realpath(path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      await fs.stat(path);
      return path;
    }
  });
}

/** Where a symbolic link points, or undefined when there is none: something else of that name is no link. */
export async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await fs.readlink(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'EINVAL') return undefined;
    throw fileError(error, path);
  }
}

/** Names in a folder, sorted; none when the folder is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await fs.readdir(folder)).sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw folderError(error, folder);
  }
}

/** Something in a folder, and what it is by itself: a link is not followed. */
export interface FolderEntry {
  name: string;
  kind: 'file' | 'folder' | 'link' | 'other';
}

/** What is in a folder, sorted by name; undefined where that is more than `most`. @throws FILE_MISSING, FILE_DENIED */
export async function entriesIn(folder: string, most: number): Promise<FolderEntry[] | undefined> {
  return coded(folder, async () => {
    const found: FolderEntry[] = [];
    for await (const entry of await fs.opendir(folder)) {
      if (found.length === most) return undefined;
      found.push({ name: entry.name, kind: kindOf(entry) });
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}

function kindOf(entry: Dirent): FolderEntry['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

/** Makes a folder and those above it. @throws FILE_DENIED, FILE_IN_WAY, DISK_FULL */
export async function makeFolder(path: string, mode = 0o755): Promise<void> {
  try {
    await fs.mkdir(path, { recursive: true, mode });
  } catch (error) {
    throw folderError(error, path);
  }
}

/** Makes a folder that belongs to another user alone; `uid` undefined leaves it ours. @throws as `makeFolder` */
export async function makeFolderFor(path: string, uid: number | undefined): Promise<void> {
  await makeFolder(path, 0o700);
  await coded(path, async () => {
    if (uid !== undefined) await fs.chown(path, uid, uid);
  });
}

/** Makes a folder in which root alone changes anything, and that a group may enter: all with `everybody`, without one nobody else. */
export async function makeFolderEntered(path: string, group: number | 'everybody' | undefined): Promise<void> {
  await coded(path, async () => {
    await fs.mkdir(path, { mode: 0o700 });
    if (typeof group === 'number') await fs.chown(path, 0, group);
    if (group !== undefined) await fs.chmod(path, group === 'everybody' ? 0o711 : 0o710);
  });
}

/** Bytes an ordinary user could still write to the file system that holds this folder. */
export async function freeBytes(folder: string): Promise<number> {
  return coded(folder, async () => {
    const { bavail, bsize } = await fs.statfs(folder);
    return bavail * bsize;
  });
}

const FAT = 0x4d44;
/** A file of FAT has its length in 32 bits. */
const FAT_MAX_BYTES = 2 ** 32 - 1;

/** What the file system of a folder has room for, and how large one file may be there. */
export async function fileSystemOf(folder: string): Promise<{ freeBytes: number; maxFileBytes: number }> {
  const { type } = await coded(folder, () => fs.statfs(folder));
  return { freeBytes: await freeBytes(folder), maxFileBytes: type === FAT ? FAT_MAX_BYTES : Number.MAX_SAFE_INTEGER };
}

/** Moves a folder to a name that is free, as one step, with all that is in it on disk. @throws DISK_FULL, FILE_DENIED */
export async function moveFolder(from: string, to: string): Promise<void> {
  await coded(to, async () => {
    await syncTree(from);
    await fs.rename(from, to);
    await syncFolder(dirname(to));
  });
}

/** Copies a folder of files that others may replace meanwhile, each as one step; a folder that is not there has none. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await makeFolder(to, 0o700);
  for (const name of await namesIn(from)) {
    if (name.startsWith('.') && name.endsWith('.tmp')) continue;
    const [source, target] = [join(from, name), join(to, name)];
    if ((await fs.lstat(source)).isDirectory()) await copyFolder(source, target);
    else await coded(target, () => fs.copyFile(source, target));
  }
}

export async function removeFolder(path: string): Promise<void> {
  await coded(path, () => fs.rm(path, { recursive: true, force: true }));
}

/** Takes a folder’s name away as one step and gives the one it has now, by which `removeTemporary` would find it after a crash. */
export async function loseName(path: string): Promise<string> {
  const beside = temporaryBeside(path);
  await coded(path, async () => {
    await fs.rename(path, beside);
    await syncFolder(dirname(path));
  });
  return beside;
}

/** Removes a folder that has nothing in it; another, or none, is left as it is. */
export async function removeIfEmpty(path: string): Promise<void> {
  try {
    await fs.rmdir(path);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(systemCode(error) ?? '')) throw fileError(error, path);
  }
}
