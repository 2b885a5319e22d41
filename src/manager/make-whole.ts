import { dirname, join, resolve } from 'node:path';
import { AppError } from '../lib/errors.ts';
import { projectPaths } from '../project/layout.ts';
import { isThere, moveFile, removeFile } from '../sys/files/files.ts';
import {
  entriesIn,
  makeFolder,
  moveFolder,
  namesIn,
  realPath,
  removeFolder,
  removeIfEmpty,
  removeTemporary,
} from '../sys/files/folders.ts';
import { takeLock } from '../sys/files/lock.ts';
import { temporaryBeside } from '../sys/files/temporary.ts';

/** The files of a project that begins. */
const MOST_ENTRIES = 100;
/** What remains of one that was being made when its maker was killed. */
const LEFT = /^\.(lock|project\.[0-9a-f]{12}\.tmp)$/;

/** Whether a project can be made in a folder: it is empty, or not there yet. */
export async function hasRoom(folder: string): Promise<boolean> {
  return (await namesIn(folder)).every((name) => LEFT.test(name));
}

/** Before anybody is asked anything. @throws PROJECT_EXISTS, PROJECT_NESTED */
export async function requireRoom(folder: string): Promise<void> {
  if (!(await hasRoom(folder))) throw new AppError('PROJECT_EXISTS', `${folder} is not empty`);
  const outer = await projectAround(folder);
  if (outer !== undefined)
    throw new AppError('PROJECT_NESTED', `${folder} lies in the project in ${outer}`, { details: { folder, outer } });
}

/** The folder of a project that a folder, which need not be there yet, would be part of; whoever is in it forgets easily that he is. */
async function projectAround(folder: string): Promise<string | undefined> {
  let above = dirname(resolve(folder));
  while (!(await isThere(above))) above = dirname(above);
  for (let at = await realPath(above); ; at = dirname(at)) {
    if (await isThere(projectPaths(at).file)) return at;
    if (at === dirname(at)) return undefined;
  }
}

/**
 * Makes a project in an empty folder, whole or not at all: `fill` fills a folder inside of it, whose files become the project’s once
 * all are there. Whatever fails or is called off before leaves none, and what is left of one whose maker was killed is removed.
 * @throws PROJECT_EXISTS, PROJECT_NESTED, PROJECT_BUSY, FILE_*, and what `fill` fails with
 */
export async function makeWhole<T>(folder: string, fill: (inside: string) => Promise<T>): Promise<T> {
  await requireRoom(folder);
  const isNew = !(await isThere(folder));
  await makeFolder(folder);
  await using lock = await takeLock(projectPaths(folder).lock);
  if (!lock) throw new AppError('PROJECT_BUSY', `another command makes a project in ${folder}`);
  // Whoever had the lock before may have made one.
  await requireRoom(folder);
  await removeTemporary(folder);
  const inside = temporaryBeside(join(folder, 'project'));
  try {
    const made = await fill(inside);
    await moveOut(inside, folder);
    return made;
  } catch (error) {
    await removeFolder(inside);
    await removeFile(projectPaths(folder).lock);
    if (isNew) await removeIfEmpty(folder);
    throw error;
  }
}

/** Moves a whole project into the folder that it lies in; its file goes last, and is what makes the folder a project. */
async function moveOut(inside: string, folder: string): Promise<void> {
  const moved: string[] = [];
  const file = projectPaths(inside).file;
  try {
    for (const { name, kind } of (await entriesIn(inside, MOST_ENTRIES)) ?? []) {
      const [from, to] = [join(inside, name), join(folder, name)];
      // The folder has a lock of its own, which is held.
      if (from === file || from === projectPaths(inside).lock) continue;
      moved.push(to);
      await (kind === 'folder' ? moveFolder(from, to) : moveFile(from, to));
    }
    await moveFile(file, projectPaths(folder).file);
  } catch (error) {
    for (const path of moved) await removeFolder(path);
    throw error;
  }
  await removeFolder(inside);
}
