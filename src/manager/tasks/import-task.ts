import { basename, join } from 'node:path';
import type { z } from 'zod';
import type { ImportRequest } from '../../api/manager/jobs.ts';
import type { ImportedAnswer } from '../../api/manager/tasks.ts';
import { AppError } from '../../lib/errors.ts';
import { readForeign } from '../../project/foreign/read-foreign.ts';
import type { CopyStep, TellCopied } from '../../project/image/tell-copied.ts';
import { projectPaths } from '../../project/layout.ts';
import { systemClock } from '../../sys/clock.ts';
import { receiveFile } from '../../sys/files/bulk/receive.ts';
import { changedAt, removeFile } from '../../sys/files/files.ts';
import { makeFolder, namesIn, removeIfEmpty } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { addForeign } from '../machines/machines.ts';
import type { TaskControl } from './task.ts';
import type { Uploads } from './uploads.ts';

const DAY_MS = 86_400_000;

/** What each step of a copy is as part of a task. */
export const PARTS = { prepare: 'prepare', copy: 'import' } as const satisfies Record<CopyStep, string>;

type Asked = z.infer<typeof ImportRequest>;

/**
 * Adds a machine as a task, from a disk image or a machine of another program, of this computer or as the page sends it. Whatever ends it before leaves
 * nothing of either.
 * @throws UPLOAD_CUT, and as readForeign and addForeign
 */
export async function importTask(
  folder: string,
  request: Asked,
  task: TaskControl,
  uploads: Uploads,
): Promise<ImportedAnswer> {
  const { disk } = request;
  if ('path' in disk) return importFrom(folder, request, { path: disk.path }, task);
  const { uploads: place } = projectPaths(folder);
  const { bytes, name } = disk.upload;
  const path = temporaryBeside(join(place, request.vm));
  const onBytes = (done: number) => task.part('upload', name, { unit: 'bytes', done, total: bytes });
  onBytes(0);
  try {
    // From its first moment on the task waits for the file: the page sends it as soon as it knows of the task.
    await uploads.receive(task.id, task.signal, async (body) => {
      await makeFolder(place, 0o700);
      await removeForgotten(place);
      await receiveFile(path, body, { bytes, onBytes, signal: task.signal });
    });
    return await saidOf(path, name, () => importFrom(folder, request, { path, isAlone: true }, task));
  } finally {
    await removeFile(path);
    await removeIfEmpty(place);
  }
}

async function importFrom(
  folder: string,
  { vm, memoryMiB, cpus, dataDiskMiB, firmware, tpm, secureBoot, os, diskFormat }: Asked,
  { path, isAlone = false }: { path: string; isAlone?: boolean },
  task: TaskControl,
): Promise<ImportedAnswer> {
  task.part('import', vm);
  const change = {
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(dataDiskMiB === undefined ? {} : { dataDiskMiB }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(tpm === undefined ? {} : { tpm }),
    ...(secureBoot === undefined ? {} : { secureBoot }),
    ...(os === undefined ? {} : { os }),
  };
  const { signal } = task;
  const machine = await readForeign(path, { diskFormat, isAlone, signal });
  for (const { text } of machine.notes) task.say(text);
  const onBytes: TellCopied = (done, total, step) => task.part(PARTS[step], vm, { unit: 'bytes', done, total });
  const added = await addForeign(folder, vm, machine, { change, signal, onBytes });
  for (const warning of added.warnings) task.say(warning);
  return { vm, firmware: added.firmware, warnings: added.warnings };
}

/** What is wrong with an image is said of the file that was sent, not of where it lay here. */
async function saidOf<T>(path: string, name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const reason = error.message.replaceAll(path, name).replaceAll(basename(path), name);
    throw new AppError(error.code, reason, { cause: error });
  }
}

/** What a process that was killed has left: nobody has written to it for a day. */
async function removeForgotten(place: string): Promise<void> {
  const before = systemClock() - DAY_MS;
  for (const name of await namesIn(place)) {
    const path = join(place, name);
    if (((await changedAt(path)) ?? before) < before) await removeFile(path);
  }
}
