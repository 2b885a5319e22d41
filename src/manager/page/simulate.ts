import type { Hono } from 'hono';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import type { SimulateAnswer } from '../../api/manager/simulate.ts';
import { AppError } from '../../lib/errors.ts';
import { parseBody } from '../../pages/requests.ts';
import { parseDestination } from '../../quarantine/lists/destination.ts';
import { simulateAccess } from '../policies/foresee.ts';
import type { ManagerDeps } from './api.ts';

/** What a machine would reach, as `nq simulate` says it. */
export function addSimulateRoute(app: Hono, { folder, clock }: ManagerDeps): void {
  app.post(MANAGER_ROUTES.simulate.path, async (context) => {
    const asked = parseBody(MANAGER_ROUTES.simulate.request, await context.req.text());
    const { version, origin, zone, answer } = asked;
    const to = parseDestination(asked.to, asked.protocol);
    if (!to) throw new AppError('USAGE', `“${asked.to}” is not HOST:PORT`);
    const at = asked.at === undefined ? clock() : Date.parse(asked.at);
    const supposed = { version, origin, zone, to, at, answer };
    const { signal } = context.req.raw;
    return context.json<SimulateAnswer>(await simulateAccess(folder, context.req.param('vm'), supposed, signal));
  });
}
