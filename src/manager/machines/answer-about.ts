import { getRequestListener } from '@hono/node-server';
import { addDeviceRoutes } from '../../pages/device-routes.ts';
import { newApi } from '../../pages/requests.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';
import { managerSocket } from '../../run/machine/record.ts';
import { type Listening, listenUnix } from '../../sys/http/http-server.ts';
import type { Log } from '../../sys/log.ts';
import { devicesOfRuns } from './devices-of-runs.ts';

const MAX_BODY_BYTES = 64 << 10;

/**
 * Answers other processes about a machine of the project that this one runs, as long as it does: root’s alone, for its run folder is
 * root’s. @throws PORT_IN_USE, FILE_DENIED
 */
export function answerAbout(machine: RunningMachine, folder: string, log: Log): Promise<Listening> {
  const app = newApi(log, MAX_BODY_BYTES);
  addDeviceRoutes(
    app,
    devicesOfRuns(folder, (vm) => (vm === machine.spec.name ? machine : undefined)),
  );
  return listenUnix(managerSocket(machine.spec.runFolder), getRequestListener(app.fetch), {});
}
