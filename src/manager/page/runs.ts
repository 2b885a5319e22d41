import type { Hono } from 'hono';
import type { MachineAnswer } from '../../api/machine.ts';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import type { TaskAnswer } from '../../api/manager/tasks.ts';
import { parseBody } from '../../pages/requests.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { requireRoot } from '../../sys/programs/users.ts';
import type { ManagerDeps } from './api.ts';

/** The project’s machines in preview or powered on. */
export function addRunRoutes(app: Hono, { folder, tasks, runs, readings }: ManagerDeps): void {
  app.post(MANAGER_ROUTES.runMachine.path, async (context) => {
    const { mode } = parseBody(MANAGER_ROUTES.runMachine.request, await context.req.text());
    const vm = context.req.param('vm');
    requireRoot('running a machine under its rules');
    vmNamed(await openProject(folder, readings), vm);
    const begun = tasks.begin('run', vm, (task) => runs.run(vm, mode === 'preview' ? 'preview' : 'free', task));
    return context.json<TaskAnswer>(begun, 202);
  });
  app.get(MANAGER_ROUTES.runningMachine.path, (context) =>
    context.json<MachineAnswer>(runs.report(context.req.param('vm'))),
  );
  app.post(MANAGER_ROUTES.powerOff.path, async (context) => {
    const vm = context.req.param('vm');
    await runs.powerOff(vm);
    return context.json({ vm, state: 'stopped' as const });
  });
}
