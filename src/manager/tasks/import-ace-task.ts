import type { z } from 'zod';
import type { ImportAceRequest } from '../../api/manager/import-ace.ts';
import type { TaskResult } from '../../api/manager/tasks.ts';
import { readAce } from '../../project/ace/read-ace.ts';
import type { Clock } from '../../sys/clock.ts';
import { importAce } from '../import-ace.ts';
import { PARTS } from './import-task.ts';
import type { TaskControl } from './task.ts';

/** Makes a project of one of VMware ACE as a task; whatever ends it before leaves none. @throws as readAce and importAce */
export async function importAceTask(
  folder: string,
  { path, passphrase, ...project }: z.infer<typeof ImportAceRequest>,
  task: TaskControl,
  clock: Clock,
): Promise<TaskResult<'import-ace'>> {
  const { signal } = task;
  const ace = await readAce(path, signal);
  const { machines, name } = await importAce(
    folder,
    { ...ace, name: project.name },
    {
      ...project,
      ...{ passphrase, now: clock(), signal },
      onBytes: (vm, done, total, step) => task.part(PARTS[step], vm, { unit: 'bytes', done, total }),
    },
  );
  for (const { vm, warnings } of machines) for (const warning of warnings) task.say(`${vm}: ${warning}`);
  return { name };
}
