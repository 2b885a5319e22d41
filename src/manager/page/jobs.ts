import type { Hono } from 'hono';
import type { DeployPlaceAnswer, PackagePlanAnswer } from '../../api/manager/jobs.ts';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import type { TaskAnswer, TasksAnswer } from '../../api/manager/tasks.ts';
import { failureOf } from '../../lib/errors.ts';
import { parseBody } from '../../pages/requests.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { deployForms, unaskedTarget } from '../../servers/put.ts';
import { foreseePackage } from '../packages/plan.ts';
import { buildTask } from '../tasks/build-task.ts';
import { deployTask } from '../tasks/deploy-task.ts';
import { exportTask } from '../tasks/export-task.ts';
import type { ManagerDeps } from './api.ts';

/** Begun: the answer is the task, which is followed where all tasks are. */
const BEGUN = 202;

/** What takes long: packages, exports and deploys, and the tasks that they are. */
export function addJobRoutes(app: Hono, { folder, tasks, readings }: ManagerDeps): void {
  app.get(MANAGER_ROUTES.tasks.path, (context) => context.json<TasksAnswer>({ tasks: tasks.all() }));
  app.get(MANAGER_ROUTES.task.path, (context) => context.json<TaskAnswer>(tasks.one(context.req.param('id'))));
  app.post(MANAGER_ROUTES.cancelTask.path, (context) =>
    context.json<TaskAnswer>(tasks.cancel(context.req.param('id'))),
  );

  app.post(MANAGER_ROUTES.planPackage.path, async (context) => {
    const { since, withLazaret, ...asked } = parseBody(MANAGER_ROUTES.planPackage.request, await context.req.text());
    const { signal } = context.req.raw;
    const request = {
      ...asked,
      ...(since === undefined ? {} : { since }),
      ...(withLazaret === undefined ? {} : { withLazaret }),
      signal,
    };
    const { plan, doubt } = await foreseePackage(folder, request);
    return context.json<PackagePlanAnswer>({ ...plan, ...(doubt ? { clock: failureOf(doubt) } : {}) });
  });
  app.post(MANAGER_ROUTES.buildPackage.path, async (context) => {
    const request = parseBody(MANAGER_ROUTES.buildPackage.request, await context.req.text());
    const begun = tasks.begin('build', request.name, (task) => buildTask(folder, request, task));
    return context.json<TaskAnswer>(begun, BEGUN);
  });

  app.post(MANAGER_ROUTES.exportMachine.path, async (context) => {
    const vm = context.req.param('vm');
    const request = parseBody(MANAGER_ROUTES.exportMachine.request, await context.req.text());
    vmNamed(await openProject(folder, readings), vm);
    const begun = tasks.begin('export', vm, (task) => exportTask(folder, vm, request, task));
    return context.json<TaskAnswer>(begun, BEGUN);
  });

  app.get(MANAGER_ROUTES.deployPlace.path, async (context) => {
    const target = unaskedTarget((await openProject(folder, readings)).file.value.policyServer);
    return context.json<DeployPlaceAnswer>({
      ...(target ? { to: target.address } : {}),
      needsAccount: target?.kind.needsAccount === true,
      forms: deployForms(),
    });
  });
  app.post(MANAGER_ROUTES.deploy.path, async (context) => {
    const request = parseBody(MANAGER_ROUTES.deploy.request, await context.req.text());
    const begun = tasks.begin('deploy', request.to ?? 'published/policies', (task) =>
      deployTask(folder, request, task),
    );
    return context.json<TaskAnswer>(begun, BEGUN);
  });
}
