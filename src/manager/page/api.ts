import type { Hono } from 'hono';
import { LIVE_PATH } from '../../api/paths.ts';
import { addDeviceRoutes } from '../../pages/device-routes.ts';
import { liveEvents } from '../../pages/live.ts';
import { newApi } from '../../pages/requests.ts';
import type { Readings } from '../../project/readings.ts';
import type { Clock } from '../../sys/clock.ts';
import type { Log } from '../../sys/log.ts';
import type { Runs } from '../tasks/runs.ts';
import type { Tasks } from '../tasks/tasks.ts';
import { Uploads } from '../tasks/uploads.ts';
import { addDeploymentRoutes } from './deployments.ts';
import type { Happenings } from './happenings.ts';
import { addHardwareRoutes } from './hardware.ts';
import { addHotFixRoutes } from './hot-fixes.ts';
import { addForeignPlanRoute, addImportRoute, addUploadRoute } from './imports.ts';
import { addJobRoutes } from './jobs.ts';
import { addNewProjectRoutes } from './new-project.ts';
import { addPolicyRoutes } from './policy.ts';
import { addProjectRoutes } from './project.ts';
import { addQuarantineRoutes } from './quarantine.ts';
import { addRunRoutes } from './runs.ts';
import { addSettingsRoutes } from './settings.ts';
import { addSimulateRoute } from './simulate.ts';
import { addSnapshotRoutes } from './snapshots.ts';

/** A policy may have ten thousand entries of three hundred characters. */
const MAX_BODY_BYTES = 8 << 20;

/** What routes need. */
export interface ManagerDeps {
  /** The project’s, absolute. */
  folder: string;
  clock: Clock;
  log: Log;
  happenings: Happenings;
  tasks: Tasks;
  runs: Runs;
  /** Follows the project’s files from now on, where there was no project before. */
  lookAnew: () => Promise<void>;
  /** Of the project’s files: what only looks reads by them. */
  readings: Readings;
}

/** The manager’s HTTP API: what the page asks about the one project it was opened for. */
export function createManagerApi(deps: ManagerDeps): Hono {
  const uploads = new Uploads();
  const app = newApi(deps.log, MAX_BODY_BYTES, (streamed) => addUploadRoute(streamed, deps, uploads));
  app.get(LIVE_PATH, (context) => liveEvents(context, (signal) => deps.happenings.follow(signal)));
  addNewProjectRoutes(app, deps);
  addProjectRoutes(app, deps);
  addJobRoutes(app, deps);
  addQuarantineRoutes(app, deps);
  addForeignPlanRoute(app);
  addImportRoute(app, deps, uploads);
  addRunRoutes(app, deps);
  addDeviceRoutes(app, deps.runs.devices);
  addPolicyRoutes(app, deps);
  addHardwareRoutes(app, deps);
  addSnapshotRoutes(app, deps);
  addSettingsRoutes(app, deps);
  addDeploymentRoutes(app, deps);
  addSimulateRoute(app, deps);
  addHotFixRoutes(app, deps);
  return app;
}
