import type { Hono } from 'hono';
import type { DeploymentsAnswer, DifferenceAnswer } from '../../api/manager/deployments.ts';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import { parseBody } from '../../pages/requests.ts';
import { deployDifference, pastDeploys, serialIn, takeBack } from '../policies/history.ts';
import type { ManagerDeps } from './api.ts';
import { lastDeploy } from './not-deployed.ts';

/** What was deployed, what differs, and the way back to an earlier policy. */
export function addDeploymentRoutes(app: Hono, { folder }: ManagerDeps): void {
  app.get(MANAGER_ROUTES.deployments.path, async (context) => {
    const last = await lastDeploy(folder);
    if (!last) return context.json<DeploymentsAnswer>({ past: [] });
    const past = (await pastDeploys(folder)).map(({ version, expiresAt }) => ({
      serial: version,
      expiresAt: iso(expiresAt),
    }));
    const { version: serial, signedAt, expiresAt } = last;
    return context.json<DeploymentsAnswer>({ last: { serial, at: iso(signedAt), expiresAt: iso(expiresAt) }, past });
  });
  app.get(MANAGER_ROUTES.difference.path, async (context) => {
    const { from = '', to } = context.req.query();
    const difference = await deployDifference(folder, serialIn(from), to === undefined ? undefined : serialIn(to));
    return context.json<DifferenceAnswer>({ machines: difference });
  });
  app.post(MANAGER_ROUTES.takeBack.path, async (context) => {
    const { seen } = parseBody(MANAGER_ROUTES.takeBack.request, await context.req.text());
    return context.json({ machines: await takeBack(folder, serialIn(context.req.param('id')), seen) });
  });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
