import { getRequestListener } from '@hono/node-server';
import { computerPaths } from '../install/layout.ts';
import { AppError } from '../lib/errors.ts';
import { systemClock } from '../sys/clock.ts';
import { makeFolder, removeTemporary } from '../sys/folders.ts';
import { listenUnix } from '../sys/http-server.ts';
import { takeLock } from '../sys/lock.ts';
import { openLog } from '../sys/log.ts';
import { groupNamed } from '../sys/users.ts';
import { createApi } from './api.ts';
import { Supervisor } from './supervise.ts';

export interface ServiceSettings {
  state: string;
  run: string;
  socket: string;
  group: string;
  accel: 'auto' | 'kvm' | 'tcg';
  resolvers?: readonly string[];
}

/**
 * Runs the service until `signal` ends it. Machines run on; the next service takes them over.
 * @throws DAEMON_BUSY (another service has this state), PORT_IN_USE, FILE_DENIED
 */
export async function runService(settings: ServiceSettings, signal: AbortSignal): Promise<void> {
  const { state, run, socket, group, accel, resolvers } = settings;
  const log = openLog('lazaretd');
  await makeFolder(state, 0o700);
  await makeFolder(run);
  const paths = computerPaths(state);
  await using lock = await takeLock(paths.lock);
  if (!lock) throw new AppError('DAEMON_BUSY', `another service works on ${state}`);
  for (const folder of [state, paths.trust, paths.policies]) await removeTemporary(folder);
  const options = { state, runRoot: run, accel, clock: systemClock, log, ...(resolvers ? { resolvers } : {}) };
  await using supervisor = await Supervisor.open(options);
  const gid = await groupNamed(group);
  const listener = getRequestListener(createApi({ state, supervisor, log }).fetch);
  await using _server = await listenUnix(socket, listener, gid === undefined ? {} : { group: gid });
  log.info({ socket, state }, 'ready');
  await new Promise<void>((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => done(), { once: true });
  });
  log.info('ending; machines run on');
}
