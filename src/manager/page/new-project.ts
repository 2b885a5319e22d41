import type { Hono } from 'hono';
import type { z } from 'zod';
import type { NewProjectAnswer, RoomAnswer } from '../../api/manager/new-project.ts';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import { AppError } from '../../lib/errors.ts';
import { passphraseProblem } from '../../lib/passphrase.ts';
import { parseBody } from '../../pages/requests.ts';
import { foundProject } from '../found-project.ts';
import { requireRoom } from '../make-whole.ts';
import type { ManagerDeps } from './api.ts';

/** A project that the page makes, in the folder that it was opened for. */
export function addNewProjectRoutes(app: Hono, { folder, clock, lookAnew }: ManagerDeps): void {
  app.get(MANAGER_ROUTES.room.path, async (context) => {
    await requireRoom(folder);
    return context.json<z.infer<typeof RoomAnswer>>({ folder });
  });
  app.post(MANAGER_ROUTES.newProject.path, async (context) => {
    const request = parseBody(MANAGER_ROUTES.newProject.request, await context.req.text());
    requirePassphrase(request.passphrase);
    const { name, fingerprint } = await foundProject(folder, { ...request, now: clock() });
    await lookAnew();
    return context.json<z.infer<typeof NewProjectAnswer>>({ name, fingerprint }, 201);
  });
}

/** @throws USAGE when keys would be easy to open */
function requirePassphrase(passphrase: string): void {
  const problem = passphraseProblem(passphrase);
  if (problem !== undefined) throw new AppError('USAGE', problem);
}
