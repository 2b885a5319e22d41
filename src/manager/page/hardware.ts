import type { Context, Hono } from 'hono';
import type { HardwareAnswer } from '../../api/manager/hardware.ts';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import { parseBody } from '../../pages/requests.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { changeHardware } from '../machines/machines.ts';
import type { ManagerDeps } from './api.ts';

/** A machine’s hardware: shown, and saved where nobody else has changed it meanwhile. */
export function addHardwareRoutes(app: Hono, { folder, readings }: ManagerDeps): void {
  const shown = async (context: Context, vm: string) => {
    const { file } = vmNamed(await openProject(folder, readings), vm);
    const { memoryMiB, cpus, firmware, tpm = false, secureBoot = false } = file.value;
    return context.json<HardwareAnswer>({ seen: file.sha256, memoryMiB, cpus, firmware, tpm, secureBoot });
  };
  app.get(MANAGER_ROUTES.hardware.path, (context) => shown(context, context.req.param('vm')));
  app.post(MANAGER_ROUTES.saveHardware.path, async (context) => {
    const vm = context.req.param('vm');
    const { seen, ...change } = parseBody(MANAGER_ROUTES.saveHardware.request, await context.req.text());
    await changeHardware(folder, vm, change, seen);
    return shown(context, vm);
  });
}
