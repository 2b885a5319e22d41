import type { Hono } from 'hono';
import { ROUTES } from '../../api/routes.ts';
import type { SnapshotsAnswer } from '../../api/snapshots.ts';
import type { Asker } from '../../install/state/machine/owner.ts';
import { parseBody } from '../../pages/requests.ts';
import type { Snapshots } from '../machines/snapshots.ts';

/** What is asked about the earlier states of machines. */
export function addSnapshotRoutes(app: Hono, asker: Asker, snapshots: Snapshots): void {
  app.get(ROUTES.snapshots.path, async (context) =>
    context.json<SnapshotsAnswer>(await snapshots.list(asker, context.req.param('vm'))),
  );
  app.post(ROUTES.takeSnapshot.path, async (context) => {
    const wanted = parseBody(ROUTES.takeSnapshot.request, await context.req.text());
    return context.json<SnapshotsAnswer>(await snapshots.take(asker, context.req.param('vm'), wanted));
  });
  app.post(ROUTES.revertSnapshot.path, async (context) => {
    const { name, confirmed } = parseBody(ROUTES.revertSnapshot.request, await context.req.text());
    return context.json<SnapshotsAnswer>(await snapshots.revert(asker, context.req.param('vm'), name, confirmed));
  });
  app.post(ROUTES.removeSnapshot.path, async (context) => {
    const { name, confirmed } = parseBody(ROUTES.removeSnapshot.request, await context.req.text());
    return context.json<SnapshotsAnswer>(await snapshots.remove(asker, context.req.param('vm'), name, confirmed));
  });
}
