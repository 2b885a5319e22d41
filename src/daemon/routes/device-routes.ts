import type { Hono } from 'hono';
import type { DevicesAnswer, QueuesAnswer } from '../../api/devices.ts';
import { ROUTES } from '../../api/routes.ts';
import type { Asker } from '../../install/state/machine/owner.ts';
import { parseBody } from '../../pages/requests.ts';
import type { Devices } from '../machines/devices.ts';

/** What is asked about the devices of machines. */
export function addDeviceRoutes(app: Hono, asker: Asker, devices: Devices): void {
  app.get(ROUTES.devices.path, async (context) =>
    context.json<DevicesAnswer>(await devices.list(context.req.param('vm'))),
  );
  app.get(ROUTES.queues.path, async (context) => context.json<QueuesAnswer>(await devices.queues()));
  app.post(ROUTES.connectDevice.path, async (context) => {
    const wanted = parseBody(ROUTES.connectDevice.request, await context.req.text());
    return context.json<DevicesAnswer>(
      await devices.connect(asker, context.req.param('vm'), wanted, context.req.raw.signal),
    );
  });
  app.post(ROUTES.disconnectDevice.path, async (context) => {
    const { device, force } = parseBody(ROUTES.disconnectDevice.request, await context.req.text());
    return context.json<DevicesAnswer>(await devices.disconnect(context.req.param('vm'), device, force));
  });
}
