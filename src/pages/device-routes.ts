import type { Hono } from 'hono';
import type { z } from 'zod';
import { type ConnectRequest, DEVICE_ROUTES, type DevicesAnswer, type QueuesAnswer } from '../api/devices.ts';
import { parseBody } from './requests.ts';

/** What is asked about the devices of machines: by whom, and of which machines, whoever answers knows. */
export interface AskedDevices {
  list(vm: string): Promise<DevicesAnswer>;
  queues(): Promise<QueuesAnswer>;
  connect(vm: string, wanted: z.output<typeof ConnectRequest>, signal: AbortSignal): Promise<DevicesAnswer>;
  disconnect(vm: string, device: string, isForced: boolean): Promise<DevicesAnswer>;
}

/** Adds the routes by which devices are connected, to the service’s API or a manager’s. */
export function addDeviceRoutes(app: Hono, devices: AskedDevices): void {
  app.get(DEVICE_ROUTES.devices.path, async (context) => context.json(await devices.list(context.req.param('vm'))));
  app.get(DEVICE_ROUTES.queues.path, async (context) => context.json(await devices.queues()));
  app.post(DEVICE_ROUTES.connectDevice.path, async (context) => {
    const wanted = parseBody(DEVICE_ROUTES.connectDevice.request, await context.req.text());
    return context.json(await devices.connect(context.req.param('vm'), wanted, context.req.raw.signal));
  });
  app.post(DEVICE_ROUTES.disconnectDevice.path, async (context) => {
    const { device, force } = parseBody(DEVICE_ROUTES.disconnectDevice.request, await context.req.text());
    return context.json(await devices.disconnect(context.req.param('vm'), device, force));
  });
}
