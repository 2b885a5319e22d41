import type { Hono } from 'hono';
import type { ForeignPlanAnswer } from '../../api/manager/jobs.ts';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import type { TaskAnswer } from '../../api/manager/tasks.ts';
import { parseBody } from '../../pages/requests.ts';
import { readForeign } from '../../project/foreign/read-foreign.ts';
import { requireFirmwareFor, requireNewName } from '../../project/make.ts';
import { requireProject } from '../../project/open.ts';
import { requireFree } from '../../sys/files/bulk/receive.ts';
import { importTask } from '../tasks/import-task.ts';
import type { Uploads } from '../tasks/uploads.ts';
import type { ManagerDeps } from './api.ts';

/** Adding a machine: what can be known beforehand is refused before anything is sent. */
export function addImportRoute(app: Hono, { folder, tasks }: ManagerDeps, uploads: Uploads): void {
  app.post(MANAGER_ROUTES.importDisk.path, async (context) => {
    const request = parseBody(MANAGER_ROUTES.importDisk.request, await context.req.text());
    await requireProject(folder);
    await requireNewName(folder, request.vm);
    requireFirmwareFor(request);
    const { disk } = request;
    if ('upload' in disk) await requireFree(folder, disk.upload.bytes, disk.upload.name);
    const begun = tasks.begin('import', request.vm, (task) => importTask(folder, request, task, uploads));
    return context.json<TaskAnswer>(begun, 202);
  });
}

/** What becomes of a machine of another program. */
export function addForeignPlanRoute(app: Hono): void {
  app.post(MANAGER_ROUTES.planForeign.path, async (context) => {
    const { path } = parseBody(MANAGER_ROUTES.planForeign.request, await context.req.text());
    const { disk, notes, ...machine } = await readForeign(path, { signal: context.req.raw.signal });
    return context.json<ForeignPlanAnswer>({ ...machine, disk: disk.name, notes: [...notes] });
  });
}

/** The file of a task: it goes to the disk as it comes. */
export function addUploadRoute(app: Hono, { tasks }: ManagerDeps, uploads: Uploads): void {
  app.put(MANAGER_ROUTES.sendDisk.path, async (context) => {
    const id = context.req.param('id');
    await uploads.send(id, context.req.raw.body ?? new Blob().stream());
    return context.json<TaskAnswer>(tasks.one(id));
  });
}
