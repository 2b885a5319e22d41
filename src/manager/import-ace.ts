import { join } from 'node:path';
import { AppError } from '../lib/errors.ts';
import { requireGoing } from '../lib/interrupted.ts';
import type { AceProject } from '../project/ace/read-ace.ts';
import { projectPaths } from '../project/layout.ts';
import { requireEmpty } from '../project/make.ts';
import { vmNamed } from '../project/open.ts';
import { savePolicies, saveProjectFile, withProject } from '../project/save.ts';
import { isThere, moveFile, removeFile } from '../sys/files/files.ts';
import {
  entriesIn,
  makeFolder,
  moveFolder,
  namesIn,
  removeFolder,
  removeIfEmpty,
  removeTemporary,
} from '../sys/files/folders.ts';
import { takeLock } from '../sys/files/lock.ts';
import { temporaryBeside } from '../sys/files/temporary.ts';
import type { Identity } from '../trust/root.ts';
import { foundProject, type NewProject } from './found-project.ts';
import { addForeign } from './machines/machines.ts';

/** The files of a project that begins. */
const MOST_ENTRIES = 100;

interface Options extends Omit<NewProject, 'name'> {
  signal?: AbortSignal;
  /** Told how much of a machine’s disk is written. */
  onBytes?: (vm: string, done: number, total: number) => void;
}

export interface ImportedAce extends Identity {
  /** The machines that it has, each with what its administrator may not have meant. */
  machines: { vm: string; warnings: string[] }[];
}

/** What an import that was killed leaves behind. */
const LEFT = /^\.(lock|project\.[0-9a-f]{12}\.tmp)$/;

/** Before anybody is asked anything: whether the project may lie there. @throws PROJECT_EXISTS */
export async function requireFolder(folder: string): Promise<void> {
  if (!(await namesIn(folder)).every((name) => LEFT.test(name))) await requireEmpty(folder);
}

/**
 * Makes a project of one of VMware ACE, in an empty folder. It is a project from its last step on: whatever fails or is called off
 * before leaves none, and what one left that was killed is removed.
 * @throws PROJECT_EXISTS, PROJECT_BUSY, IMPORT_*, DISK_*, FILE_*, INTERRUPTED
 */
export async function importAce(
  folder: string,
  { host, machines, name }: AceProject,
  { signal, onBytes, ...options }: Options,
): Promise<ImportedAce> {
  await requireFolder(folder);
  const isNew = !(await isThere(folder));
  await makeFolder(folder);
  await using lock = await takeLock(projectPaths(folder).lock);
  if (!lock) throw new AppError('PROJECT_BUSY', `another command makes a project in ${folder}`);
  await removeTemporary(folder);
  const inside = temporaryBeside(join(folder, 'project'));
  try {
    const identity = await foundProject(inside, { name, ...options });
    const added: ImportedAce['machines'] = [];
    for (const { name: vm, machine } of machines) {
      requireGoing(signal);
      const { warnings } = await addForeign(inside, vm, machine, {
        ...(signal ? { signal } : {}),
        ...(onBytes ? { onBytes: (done: number, total: number) => onBytes(vm, done, total) } : {}),
      });
      added.push({ vm, warnings });
    }
    await withProject(inside, async (project) => {
      await savePolicies(
        machines.map(({ name: vm, quarantine }) => {
          const found = vmNamed(project, vm);
          return { vm: found, policy: { ...found.policy.value, quarantine } };
        }),
      );
      if (host) await saveProjectFile(project, { ...project.file.value, host });
    });
    requireGoing(signal);
    await moveOut(inside, folder);
    return { ...identity, machines: added };
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
