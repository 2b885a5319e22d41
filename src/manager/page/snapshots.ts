import type { Context, Hono } from 'hono';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import type { OwnSnapshotsAnswer } from '../../api/manager/snapshots.ts';
import { parseBody } from '../../pages/requests.ts';
import { listSnapshots, MOST_SNAPSHOTS, removeSnapshot, revertSnapshot, takeSnapshot } from '../machines/snapshots.ts';
import type { ManagerDeps } from './api.ts';

/** The states that are kept of the administrator’s own copy of a machine. */
export function addSnapshotRoutes(app: Hono, { folder, clock }: ManagerDeps): void {
  const listed = async (context: Context, vm: string) => {
    const snapshots = await listSnapshots(folder, vm);
    return context.json<OwnSnapshotsAnswer>({ vm, most: MOST_SNAPSHOTS, snapshots });
  };
  app.get(MANAGER_ROUTES.snapshots.path, (context) => listed(context, context.req.param('vm')));
  app.post(MANAGER_ROUTES.takeSnapshot.path, async (context) => {
    const vm = context.req.param('vm');
    const snapshot = parseBody(MANAGER_ROUTES.takeSnapshot.request, await context.req.text());
    await takeSnapshot(folder, vm, snapshot, { now: clock() });
    return listed(context, vm);
  });
  app.post(MANAGER_ROUTES.revertSnapshot.path, async (context) => {
    const vm = context.req.param('vm');
    const { name, confirmed } = parseBody(MANAGER_ROUTES.revertSnapshot.request, await context.req.text());
    await revertSnapshot(folder, vm, name, async () => confirmed);
    return listed(context, vm);
  });
  app.post(MANAGER_ROUTES.removeSnapshot.path, async (context) => {
    const vm = context.req.param('vm');
    const { name, confirmed } = parseBody(MANAGER_ROUTES.removeSnapshot.request, await context.req.text());
    await removeSnapshot(folder, vm, name, async () => confirmed);
    return listed(context, vm);
  });
}
