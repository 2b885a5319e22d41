import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import type { EventAnswer } from '../src/api/event.ts';
import type { FailureAnswer } from '../src/api/failure.ts';
import type { HardwareAnswer, HardwareRequest } from '../src/api/hardware.ts';
import type { HotFixAnswer, HotFixRequestedAnswer } from '../src/api/hot-fix.ts';
import type { PlanAnswer, ProgressAnswer } from '../src/api/install.ts';
import type { MachineAnswer } from '../src/api/machine.ts';
import { LIVE_PATH, PATHS } from '../src/api/paths.ts';
import type { ShareFolderRequest } from '../src/api/shared-folder.ts';
import type { StatusAnswer } from '../src/api/status.ts';
import { Pages } from '../src/pages/app.ts';
import { consoleUpgrade } from '../src/pages/console.ts';
import { liveEvents } from '../src/pages/live.ts';
import { systemClock } from '../src/sys/clock.ts';
import { listenTcp } from '../src/sys/http/http-server.ts';

const PLAYER = join(import.meta.dirname, '..', 'dist', 'pages', 'player');

/** What a service would say, whenever it is asked. */
export interface Said {
  project?: { name: string; fingerprint: string };
  machines: MachineAnswer[];
  events: EventAnswer[];
  /** Of any package. */
  plan?: PlanAnswer;
  /** Every package is encrypted, and this opens it. */
  secret?: string;
  /** What a request for a hot fix is answered, and what its answer does. */
  hotFix?: { asked: HotFixRequestedAnswer; does: HotFixAnswer };
  /** What every start fails with. */
  starting?: FailureAnswer['error'];
  /** What is said to each change of hardware. */
  hardware?: (request: HardwareRequest) => HardwareAnswer | FailureAnswer;
  /** What is said to a folder that is shared, and to none. */
  sharing?: (request: ShareFolderRequest | undefined) => MachineAnswer | FailureAnswer;
  /** Whether there is an address for packages. */
  hasPackageServer?: boolean;
  /** How far an update is that never ends. */
  fetching?: ProgressAnswer;
  /** What happens once a page follows, before nothing does any more. */
  happens?: EventAnswer[];
}

interface Where {
  /** A free one, where none is named. */
  port?: number;
  /** The socket of every machine’s screen. */
  screen?: string;
}

interface OpenedPlayer extends AsyncDisposable {
  port: number;
  link: (to: string) => string;
}

/** The player’s page over a service that always says the same. */
export async function openPlayer(said: Said, { port = 0, screen }: Where = {}): Promise<OpenedPlayer> {
  const pages = new Pages({ api: apiOf(said), folder: PLAYER, clock: systemClock });
  const onUpgrade = consoleUpgrade(pages, () => screen);
  const listening = await listenTcp('127.0.0.1', port, getRequestListener(pages.app.fetch), { onUpgrade });
  pages.listensOn(listening.port);
  return {
    port: listening.port,
    link: (to) => pages.link(to),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

function apiOf({
  project,
  machines,
  events,
  plan,
  secret,
  hotFix,
  starting,
  hardware,
  sharing,
  fetching,
  happens,
  hasPackageServer,
}: Said): Hono {
  const status: StatusAnswer = {
    api: 1,
    ...(project ? { project } : {}),
    machines,
    ...(hasPackageServer === undefined ? {} : { hasPackageServer }),
  };
  return new Hono()
    .get(LIVE_PATH, (context) => liveEvents(context, (signal) => following(happens ?? [], signal)))
    .get(PATHS.status.path, (context) => context.json(status))
    .get(PATHS.machine.path, (context) => context.json(machines.find(({ vm }) => vm === context.req.param('vm')) ?? {}))
    .get(PATHS.events.path, (context) => context.text(events.map((event) => `${JSON.stringify(event)}\n`).join('')))
    .post(PATHS.requestHotFix.path, (context) => context.json(hotFix?.asked ?? {}))
    .post(PATHS.foreseeHotFix.path, (context) => context.json(hotFix?.does ?? {}))
    .post(PATHS.applyHotFix.path, (context) => context.json(hotFix?.does ?? {}))
    .post(PATHS.plan.path, async (context) => {
      const given = (await context.req.json()).secret;
      return given === secret ? context.json(plan ?? {}) : context.json(notOpened(given), 403);
    })
    .post(PATHS.install.path, async (context) => {
      const isOpened = (await context.req.json()).secret === secret;
      return context.text(`${JSON.stringify(isOpened ? { result: plan } : notOpened(undefined))}\n`);
    })
    .post(PATHS.start.path, (context) => context.json({ error: starting }, 403))
    .post(PATHS.hardware.path, async (context) => {
      const said = hardware?.(await context.req.json()) ?? {};
      return context.json(said, 'error' in said ? 403 : 200);
    })
    .post(PATHS.shareFolder.path, async (context) => {
      const said = sharing?.(await context.req.json()) ?? {};
      return context.json(said, 'error' in said ? 403 : 200);
    })
    .post(PATHS.stopSharing.path, (context) => context.json(sharing?.(undefined) ?? {}))
    .post(PATHS.update.path, (context) =>
      stream(context, async (line) => {
        await line.write(`${JSON.stringify({ progress: fetching })}\n`);
        for await (const _ of nothing(context.req.raw.signal));
      }),
    )
    .get(PATHS.servers.path, (context) => context.json({ proxies: [], servers: [] }));
}

function notOpened(given: string | undefined): FailureAnswer {
  const code = given === undefined ? 'PACKAGE_LOCKED' : 'PACKAGE_SECRET';
  const reason = '/media/stick/one is encrypted: its passphrase opens it';
  return { error: { code, reason, causes: [], remedy: 'Give it.', details: { asks: 'passphrase' } } };
}

async function* following(events: readonly EventAnswer[], signal: AbortSignal): AsyncIterable<EventAnswer> {
  yield* events;
  yield* nothing(signal);
}

/** Nothing happens until who follows has gone. */
async function* nothing(signal: AbortSignal): AsyncIterable<EventAnswer> {
  const gone = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => gone.resolve());
  await gone.promise;
}
