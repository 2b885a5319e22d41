import type { Hono } from 'hono';
import type { AcePlanAnswer } from '../../api/manager/import-ace.ts';
import type { NewProjectAnswer, RoomAnswer } from '../../api/manager/new-project.ts';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import type { TaskAnswer } from '../../api/manager/tasks.ts';
import { AppError } from '../../lib/errors.ts';
import { asJson } from '../../lib/json.ts';
import { passphraseProblem } from '../../lib/passphrase.ts';
import { parseBody } from '../../pages/requests.ts';
import { type AceProject, readAce } from '../../project/ace/read-ace.ts';
import { USUAL_SIZE } from '../../project/schema.ts';
import { hostPolicyText } from '../../quarantine/host-policy-text.ts';
import { foundProject } from '../found-project.ts';
import { requireRoom } from '../make-whole.ts';
import { importAceTask } from '../tasks/import-ace-task.ts';
import type { ManagerDeps } from './api.ts';

/** A project that the page makes, in the folder that it was opened for. */
export function addNewProjectRoutes(app: Hono, { folder, clock, tasks, lookAnew }: ManagerDeps): void {
  app.get(MANAGER_ROUTES.room.path, async (context) => {
    await requireRoom(folder);
    return context.json<RoomAnswer>({ folder });
  });
  app.post(MANAGER_ROUTES.newProject.path, async (context) => {
    const request = parseBody(MANAGER_ROUTES.newProject.request, await context.req.text());
    requirePassphrase(request.passphrase);
    const { name, fingerprint } = await foundProject(folder, { ...request, now: clock() });
    await lookAnew();
    return context.json<NewProjectAnswer>({ name, fingerprint }, 201);
  });
  app.post(MANAGER_ROUTES.planAce.path, async (context) => {
    const { path } = parseBody(MANAGER_ROUTES.planAce.request, await context.req.text());
    return context.json<AcePlanAnswer>(planOf(await readAce(path, context.req.raw.signal)));
  });
  app.post(MANAGER_ROUTES.importAce.path, async (context) => {
    const request = parseBody(MANAGER_ROUTES.importAce.request, await context.req.text());
    requirePassphrase(request.passphrase);
    await requireRoom(folder);
    const begun = tasks.begin('import-ace', request.name, async (task) => {
      const made = await importAceTask(folder, request, task, clock);
      await lookAnew();
      return made;
    });
    return context.json<TaskAnswer>(begun, 202);
  });
}

/** @throws USAGE when keys would be easy to open */
function requirePassphrase(passphrase: string): void {
  const problem = passphraseProblem(passphrase);
  if (problem !== undefined) throw new AppError('USAGE', problem);
}

function planOf({ name, host, machines, notes }: AceProject): AcePlanAnswer {
  return {
    ...{ name, notes },
    machines: machines.map(({ name: vm, machine, quarantine, notes: own }) => {
      const { disk, memoryMiB, cpus, notes: hardwareNotes } = { ...USUAL_SIZE, ...machine };
      return {
        ...{ vm, disk: disk.name, memoryMiB, cpus, quarantine: quarantine.type, notes: own },
        hardwareNotes: [...hardwareNotes],
      };
    }),
    ...(host ? { hostRules: hostPolicyText(asJson(host)) } : {}),
  };
}
