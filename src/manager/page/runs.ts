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
    const { mode, ...how } = parseBody(MANAGER_ROUTES.runMachine.request, await context.req.text());
    const vm = context.req.param('vm');
    requireRoot('running a machine under its rules');
    vmNamed(await openProject(folder, readings), vm);
    const begun = tasks.begin('run', vm, (task) =>
      runs.run(vm, { mode: mode === 'preview' ? 'preview' : 'free', ...how }, task),
    );
    return context.json<TaskAnswer>(begun, 202);
  });
  app.get(MANAGER_ROUTES.runningMachine.path, (context) =>
    context.json<MachineAnswer>(runs.report(context.req.param('vm'))),
  );
  app.post(MANAGER_ROUTES.suspendRun.path, async (context) => {
    const vm = context.req.param('vm');
    await runs.suspend(vm);
    return context.json({ vm, state: 'suspended' as const });
  });
  app.post(MANAGER_ROUTES.shutDown.path, async (context) => {
    const vm = context.req.param('vm');
    const poweredOff = await runs.shutDown(vm);
    return context.json({ vm, state: 'stopped' as const, ...(poweredOff === undefined ? {} : { poweredOff }) });
  });
  app.post(MANAGER_ROUTES.powerOff.path, async (context) => {
    const vm = context.req.param('vm');
    await runs.powerOff(vm);
    return context.json({ vm, state: 'stopped' as const });
  });
}
