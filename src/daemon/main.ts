import { computerPaths } from '../install/state/layout.ts';
import { AppError, failureOf } from '../lib/errors.ts';
import { systemClock } from '../sys/clock.ts';
import { makeFolder, removeFolder, removeTemporary } from '../sys/files/folders.ts';
import { takeLock } from '../sys/files/lock.ts';
import { ownPath } from '../sys/files/own-tree.ts';
import { proxyAddresses } from '../sys/http/proxy.ts';
import { openLog } from '../sys/log.ts';
import { readNetworkFacts } from '../sys/network/network-facts.ts';
import { pause } from '../sys/pause.ts';
import { isComputerEnding } from '../sys/programs/computer-end.ts';
import { leaveNoCore } from '../sys/programs/secret-pipe.ts';
import { tellReady } from '../sys/programs/tell-systemd.ts';
import { groupNamed } from '../sys/programs/users.ts';
import { ageLibrary } from '../sys/secrets/age-stream.ts';
import { shownAddress } from '../sys/sources/fetch.ts';
import { onUnexpected } from '../sys/unexpected.ts';
import { Doors } from './doors/doors.ts';
import { pagesFolder } from './doors/kept-pages.ts';
import { NAMES_OUTSIDE, outsideResolvers, readHostAddresses } from './host-addresses.ts';
import { Supervisor } from './supervise.ts';

/** Where `npm run build` puts the player. */
const PLAYER = ownPath('dist', 'pages', 'player');
const CONNECTED_MS = 20_000;
const LOOK_MS = 50;

export interface ServiceSettings {
  state: string;
  run: string;
  socket: string;
  group: string;
  accel: 'auto' | 'kvm' | 'tcg';
  resolvers?: readonly string[];
  /** The proxies that web servers are reached through, as the environment names them. */
  proxies?: Record<string, string | undefined>;
  /** The service runs in namespaces of its own, which end with it (`runRootless`). */
  isInside?: boolean;
  /** Machines that would be shut down when it ends are suspended, and go on with the next service. */
  suspendAll?: boolean;
}

/**
 * Runs the service until `signal` ends it. Machines run on, and the next service takes them over; in namespaces of its own,
 * and when the computer ends too, they are shut down or suspended first.
 * What nobody caught is an event, and ends it in the same orderly way, by throwing it: whoever started the service does so anew.
 * @throws DAEMON_BUSY (another service has this state), PORT_IN_USE, FILE_DENIED
 */
export async function runService(settings: ServiceSettings, signal: AbortSignal): Promise<void> {
  const { state, run, socket, group, accel, proxies = {}, isInside = false, suspendAll = false } = settings;
  const log = openLog('lazaretd');
  const bug = new AbortController();
  using _unexpected = onUnexpected((error) => {
    log.error({ error: failureOf(error), stack: error instanceof Error ? error.stack : `${error}` }, 'a bug');
    bug.abort(error);
  });
  const over = AbortSignal.any([signal, bug.signal]);
  await leaveNoCore();
  await makeFolder(state, 0o700);
  await makeFolder(run);
  const paths = computerPaths(state);
  await using lock = await takeLock(paths.lock);
  if (!lock) throw new AppError('DAEMON_BUSY', `another service works on ${state}`);
  for (const folder of [state, paths.trust, paths.policies]) await removeTemporary(folder);
  const outside = isInside ? { ownOutside: () => readHostAddresses(run), shownResolvers: outsideResolvers(run) } : {};
  const resolvers = isInside ? [NAMES_OUTSIDE] : settings.resolvers;
  if (isInside) await untilConnected(signal);
  const inForce = proxyAddresses(proxies);
  const shown = { ...inForce, proxies: inForce.proxies.map(shownAddress) };
  const options = {
    state,
    runRoot: run,
    accel,
    clock: systemClock,
    log,
    proxies: inForce.proxies,
    ...outside,
    ...(resolvers ? { resolvers } : {}),
  };
  await using supervisor = await Supervisor.open(options);
  const gid = await groupNamed(group);
  await using _doors = await Doors.open({
    ...{ state, run, socket, group: gid, isInside, supervisor, log },
    ...{ player: PLAYER, proxies: shown, clock: systemClock },
  });
  if (gid === undefined && !isInside)
    log.warn(
      { group },
      'there is no such group, so only root may use the service: run groupadd --system, then start the service anew',
    );
  log.info({ socket, state }, 'ready');
  await tellReady();
  await ageLibrary();
  const comingBack = supervisor.starts
    .comeBack()
    .catch((error: unknown) => log.error(failureOf(error), 'machines do not come back'));
  await new Promise<void>((done) => {
    if (over.aborted) done();
    over.addEventListener('abort', () => done(), { once: true });
  });
  if (bug.signal.aborted)
    await supervisor.events.add({ kind: 'failed', text: `the service ends because of a bug: ${bug.signal.reason}` });
  const isLast = isInside || (await isComputerEnding());
  log.info(isLast ? 'ending; machines end first' : 'ending; machines run on');
  if (isLast) {
    await comingBack;
    await supervisor.machines.stopAll({ isSuspending: suspendAll });
    await removeFolder(pagesFolder(run));
  }
  bug.signal.throwIfAborted();
}

/** The way out of the namespaces comes from outside, a moment after they are made. */
async function untilConnected(signal: AbortSignal): Promise<void> {
  const until = performance.now() + CONNECTED_MS;
  while ((await readNetworkFacts(() => false)).gateways.length === 0) {
    if (signal.aborted || performance.now() > until)
      throw new AppError('ROOTLESS_UNAVAILABLE', 'pasta did not connect the service’s namespaces to the network');
    await pause(LOOK_MS, signal);
  }
}
