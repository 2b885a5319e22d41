import type { Hono } from 'hono';
import type { HotFixAnswer, HotFixRequestedAnswer } from '../../api/hot-fix.ts';
import { ROUTES } from '../../api/routes.ts';
import type { Asker } from '../../install/state/machine/owner.ts';
import { parseBody } from '../../pages/requests.ts';
import type { HotFixes } from '../hot-fixes/hot-fixes.ts';

/** The way back into a machine: asking for it, seeing what an answer does, doing it. */
export function addHotFixRoutes(app: Hono, { asker, hotFixes }: { asker: Asker; hotFixes: HotFixes }): void {
  app.post(ROUTES.requestHotFix.path, async (context) => {
    const asked = parseBody(ROUTES.requestHotFix.request, await context.req.text());
    return context.json<HotFixRequestedAnswer>(await hotFixes.request(asker, context.req.param('vm'), asked));
  });
  app.post(ROUTES.foreseeHotFix.path, async (context) => {
    const given = parseBody(ROUTES.foreseeHotFix.request, await context.req.text());
    return context.json<HotFixAnswer>(await hotFixes.foresee(context.req.param('vm'), given));
  });
  app.post(ROUTES.applyHotFix.path, async (context) => {
    const given = parseBody(ROUTES.applyHotFix.request, await context.req.text());
    return context.json<HotFixAnswer>(await hotFixes.apply(context.req.param('vm'), given));
  });
}
