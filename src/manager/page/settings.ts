import type { Hono } from 'hono';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import type { SettingsAnswer } from '../../api/manager/settings.ts';
import { parseBody } from '../../pages/requests.ts';
import { openProject } from '../../project/open.ts';
import type { Readings } from '../../project/readings.ts';
import { changeSettings } from '../project-settings.ts';
import type { ManagerDeps } from './api.ts';

/** The project’s own settings: shown, and saved where nobody else has changed them meanwhile. */
export function addSettingsRoutes(app: Hono, { folder, readings }: ManagerDeps): void {
  app.get(MANAGER_ROUTES.settings.path, async (context) =>
    context.json<SettingsAnswer>(await settingsOf(folder, readings)),
  );
  app.post(MANAGER_ROUTES.saveSettings.path, async (context) => {
    const { seen, ...change } = parseBody(MANAGER_ROUTES.saveSettings.request, await context.req.text());
    await changeSettings(folder, change, seen);
    return context.json<SettingsAnswer>(await settingsOf(folder, readings));
  });
}

async function settingsOf(folder: string, readings: Readings): Promise<SettingsAnswer> {
  const { file } = await openProject(folder, readings);
  const { name, policyServer = '', packageServer = '', domain } = file.value;
  const named = { domain: domain?.address ?? '', domainCa: domain?.ca ?? '' };
  return { seen: file.sha256, name, policyServer, packageServer, ...named };
}
