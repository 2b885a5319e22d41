import type { Hono } from 'hono';
import type { AnsweredHotFixAnswer, HotFixesAnswer, OpenedHotFixAnswer } from '../../api/manager/hot-fixes.ts';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import { parseBody } from '../../pages/requests.ts';
import { openProject } from '../../project/open.ts';
import { answerRequest, foreseeAnswer } from '../hot-fixes/answer.ts';
import { readHotFixLog } from '../hot-fixes/log.ts';
import { offerHotFixes } from '../hot-fixes/offer.ts';
import { openRequest } from '../hot-fixes/opened.ts';
import type { ManagerDeps } from './api.ts';

/** Requests for hot fixes: what users may ask for, one that is looked at and answered, and those that were. */
export function addHotFixRoutes(app: Hono, { folder, clock }: ManagerDeps): void {
  app.get(MANAGER_ROUTES.hotFixes.path, async (context) => context.json<HotFixesAnswer>(await hotFixesOf(folder)));
  app.post(MANAGER_ROUTES.offerHotFixes.path, async (context) => {
    const { seen, offer } = parseBody(MANAGER_ROUTES.offerHotFixes.request, await context.req.text());
    await offerHotFixes(folder, () => offer, seen);
    return context.json<HotFixesAnswer>(await hotFixesOf(folder));
  });
  app.post(MANAGER_ROUTES.openHotFix.path, async (context) => {
    const source = parseBody(MANAGER_ROUTES.openHotFix.request, await context.req.text());
    return context.json<OpenedHotFixAnswer>(await openRequest(folder, source, clock()));
  });
  app.post(MANAGER_ROUTES.foreseeHotFix.path, async (context) => {
    const { source, word } = parseBody(MANAGER_ROUTES.foreseeHotFix.request, await context.req.text());
    const opened = await openRequest(folder, source, clock());
    return context.json({ text: foreseeAnswer(opened, word, clock()) });
  });
  app.post(MANAGER_ROUTES.answerHotFix.path, async (context) => {
    const { source, word, message, passphrase, recoveryKey } = parseBody(
      MANAGER_ROUTES.answerHotFix.request,
      await context.req.text(),
    );
    const opened = await openRequest(folder, source, clock());
    const answering = {
      ...{ word, message, passphrase: async () => passphrase, now: clock() },
      ...(recoveryKey ? { recoveryKey: async () => recoveryKey } : {}),
    };
    return context.json<AnsweredHotFixAnswer>(await answerRequest(folder, opened, answering));
  });
}

async function hotFixesOf(folder: string): Promise<HotFixesAnswer> {
  const { sha256: seen, value } = (await openProject(folder)).file;
  const { hotFixes: offer, hotFixKey } = value;
  const answered = (await readHotFixLog(folder)).toReversed();
  return { seen, hasKey: hotFixKey !== undefined, ...(offer ? { offer } : {}), answered };
}
