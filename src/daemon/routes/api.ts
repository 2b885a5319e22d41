import type { Hono, Context as HonoContext } from 'hono';
import { stream } from 'hono/streaming';
import type { ComputerAnswer } from '../../api/computer.ts';
import { type EventAnswer, EventsQuery } from '../../api/event.ts';
import type { HardwareAnswer } from '../../api/hardware.ts';
import type {
  InstalledAnswer,
  LazaretAnswer,
  PlanAnswer,
  ProgressAnswer,
  ProvedAnswer,
  UninstalledAnswer,
} from '../../api/install.ts';
import type { MachineAnswer, PasswordAnswer, StartRequest, SuspendedAnswer } from '../../api/machine.ts';
import type { OwnSocketAnswer } from '../../api/own-socket.ts';
import type { OpenAnswer } from '../../api/page.ts';
import { ROUTES } from '../../api/routes.ts';
import type { ServersAnswer } from '../../api/servers.ts';
import type { StatusAnswer } from '../../api/status.ts';
import type { SupportAnswer } from '../../api/support.ts';
import { openInstance } from '../../install/state/instances.ts';
import { computerPaths } from '../../install/state/layout.ts';
import { type Asker, maySee, requireSeen } from '../../install/state/machine/owner.ts';
import { readPackageServer } from '../../install/state/package-server.ts';
import { type Failure, failureOf } from '../../lib/errors.ts';
import { addDeviceRoutes } from '../../pages/device-routes.ts';
import { newApi, parseBody, parseValue } from '../../pages/requests.ts';
import type { Log } from '../../sys/log.ts';
import type { Identity } from '../../trust/root.ts';
import { pinnedProject } from '../../trust/verify/client.ts';
import type { Supervisor } from '../supervise.ts';
import { addClipboardRoutes } from './clipboard-routes.ts';
import { explainDestination } from './explain.ts';
import { addFileRoute } from './file-routes.ts';
import { addHotFixRoutes } from './hot-fix-routes.ts';
import { newOwner } from './new-owner.ts';
import { ProgressLine } from './progress.ts';
import { tryServers } from './servers.ts';
import { addShareRoutes } from './share-routes.ts';
import { addSnapshotRoutes } from './snapshot-routes.ts';
import { gatherSupport } from './support.ts';

const MAX_BODY_BYTES = 64 << 10;

export interface ApiDeps {
  /** Who asks by it. */
  asker: Asker;
  /** The socket by which a user says who he is. @throws DAEMON_DENIED */
  ownSocket: (uid: number) => Promise<string>;
  state: string;
  /** Where the group asks the service. */
  socket: string;
  supervisor: Supervisor;
  log: Log;
  /** Gives an address that opens a part of the player once. */
  openPage: (to: string) => Promise<string>;
  /** Ends all pages of the player. */
  closePages: () => Promise<void>;
  /** The proxies that web servers are reached through, as they may be shown. */
  proxies?: Pick<ServersAnswer, 'proxies' | 'except'>;
}

/**
 * The service’s HTTP API for one asker: machines that are not his are not there. Every answer is one line of JSON, or several
 * where something goes on; failures carry a code.
 */
export function createApi(deps: ApiDeps): Hono {
  const { asker, ownSocket, state, socket, supervisor, log, openPage, closePages, proxies = { proxies: [] } } = deps;
  const { machines } = supervisor;
  const app = newApi(log, MAX_BODY_BYTES, (larger) => {
    addClipboardRoutes(larger, { asker, state, machines });
    addFileRoute(larger, { asker, state, machines });
  });

  const isShown = ({ owner }: { owner?: number }) => maySee(asker, owner);
  // Before all that is asked of a machine, whatever it is.
  app.use(`${ROUTES.machine.path}/*`, async (context, next) => {
    await requireSeen(state, context.req.param('vm'), asker);
    return next();
  });

  app.post(ROUTES.ownSocket.path, async (context) => {
    const { uid } = parseBody(ROUTES.ownSocket.request, await context.req.text());
    return context.json<OwnSocketAnswer>({ socket: await ownSocket(uid) });
  });

  const status = async (): Promise<StatusAnswer> => {
    const host = supervisor.hostReport();
    return {
      api: 1,
      ...(await projectReport(computerPaths(state).trust)),
      ...(host ? { host } : {}),
      machines: await supervisor.reports.all(asker),
      hasPackageServer: (await readPackageServer(state)) !== undefined,
    };
  };
  app.get(ROUTES.status.path, async (context) => context.json<StatusAnswer>(await status()));
  app.get(ROUTES.support.path, async (context) =>
    context.json<SupportAnswer>(
      await gatherSupport({
        ...{ asker, state, socket, status: await status() },
        ...{ events: supervisor.events, now: await supervisor.now(), facts: await supervisor.facts() },
      }),
    ),
  );
  app.get(ROUTES.machine.path, async (context) => {
    const report = await supervisor.reports.of(context.req.param('vm'), asker);
    const denied = (await machines.find(report.vm)?.refused()) ?? [];
    return context.json<MachineAnswer>({ ...report, denied });
  });
  app.post(ROUTES.start.path, async (context) => {
    const text = await context.req.text();
    const { discard = false, ...secrets }: StartRequest = text === '' ? {} : parseBody(ROUTES.start.request, text);
    return context.json<MachineAnswer>(
      await supervisor.starts.start(context.req.param('vm'), { asker, secrets, discard }),
    );
  });
  app.post(ROUTES.password.path, async (context) => {
    const vm = context.req.param('vm');
    const secrets = parseBody(ROUTES.password.request, await context.req.text());
    await openInstance(state, vm);
    await supervisor.opening.changePassword(vm, secrets);
    return context.json<PasswordAnswer>({ vm });
  });
  addHotFixRoutes(app, { asker, hotFixes: supervisor.hotFixes });
  app.post(ROUTES.ready.path, async (context) => {
    const { timeoutMs } = parseBody(ROUTES.ready.request, await context.req.text());
    const vm = context.req.param('vm');
    await openInstance(state, vm);
    await machines.of(vm).untilReady(timeoutMs, context.req.raw.signal);
    return context.json<MachineAnswer>(await supervisor.reports.of(vm, asker));
  });
  app.post(ROUTES.stop.path, async (context) => {
    const { force } = parseBody(ROUTES.stop.request, await context.req.text());
    // A machine that runs is stopped also where its files are damaged.
    const vm = context.req.param('vm');
    if (!supervisor.running().has(vm)) await openInstance(state, vm);
    const poweredOff = await machines.of(vm).stopForUser(force);
    return context.json({ vm, state: 'stopped', ...(poweredOff === undefined ? {} : { poweredOff }) });
  });
  app.post(ROUTES.reset.path, async (context) => {
    const vm = context.req.param('vm');
    if (!supervisor.running().has(vm)) await openInstance(state, vm);
    await machines.of(vm).reset();
    return context.json<MachineAnswer>(await supervisor.reports.of(vm, asker));
  });
  app.post(ROUTES.suspend.path, async (context) => {
    const vm = context.req.param('vm');
    if (!supervisor.running().has(vm)) await openInstance(state, vm);
    const { suspendedAt, memoryBytes } = await machines.of(vm).suspend();
    return context.json<SuspendedAnswer>({ vm, suspendedAt, memoryBytes });
  });
  app.post(ROUTES.rollback.path, async (context) =>
    context.json(await supervisor.changes.rollBack(asker, context.req.param('vm'))),
  );
  app.post(ROUTES.hardware.path, async (context) => {
    const request = parseBody(ROUTES.hardware.request, await context.req.text());
    return context.json<HardwareAnswer>(await supervisor.administration.hardware(context.req.param('vm'), request));
  });
  app.post(ROUTES.reimage.path, async (context) => {
    const request = parseBody(ROUTES.reimage.request, await context.req.text());
    return context.json(await supervisor.changes.reimage(asker, context.req.param('vm'), request));
  });
  addSnapshotRoutes(app, asker, supervisor.snapshots);
  addDeviceRoutes(app, supervisor.devices.askedBy(asker));
  addShareRoutes(app, { asker, state, machines });
  app.post(ROUTES.lookUp.path, async (context) => {
    await openInstance(state, context.req.param('vm'));
    const machine = machines.of(context.req.param('vm'));
    await machine.access.lookUp('interval');
    return context.json<MachineAnswer>(machine.report());
  });
  app.get(ROUTES.explain.path, async (context) => {
    await openInstance(state, context.req.param('vm'));
    const machine = machines.of(context.req.param('vm'));
    return context.json(
      await explainDestination(machine, context.req.query('to') ?? '', context.req.query('protocol')),
    );
  });

  app.post(ROUTES.open.path, async (context) => {
    const { to } = parseBody(ROUTES.open.request, await context.req.text());
    return context.json<OpenAnswer>({ url: await openPage(to) });
  });
  app.post(ROUTES.closePages.path, async (context) => {
    await closePages();
    return context.json({ closed: true as const });
  });

  app.get(ROUTES.events.path, (context) => {
    const { last, follow } = parseValue(EventsQuery, context.req.query());
    return stream(context, async (lines) => {
      const ended = new AbortController();
      lines.onAbort(() => ended.abort());
      const following = follow ? supervisor.events.follow(ended.signal, isShown) : undefined;
      for (const event of await supervisor.events.last(last, isShown))
        await lines.writeln(JSON.stringify(event satisfies EventAnswer));
      if (following)
        for await (const event of following) await lines.writeln(JSON.stringify(event satisfies EventAnswer));
    });
  });

  app.post(ROUTES.plan.path, async (context) =>
    context.json<PlanAnswer>(
      await supervisor.installs.foresee(
        asker,
        parseBody(ROUTES.plan.request, await context.req.text()),
        context.req.raw.signal,
      ),
    ),
  );
  app.post(ROUTES.lazaret.path, async (context) => {
    const request = parseBody(ROUTES.lazaret.request, await context.req.text());
    return context.json<LazaretAnswer>(await supervisor.installs.lazaret(asker, request, context.req.raw.signal));
  });
  app.get(ROUTES.computer.path, async (context) => {
    const { signedAt, ...facts } = await supervisor.facts();
    return context.json<ComputerAnswer>({
      ...facts,
      ...(signedAt === undefined ? {} : { signedAt: new Date(signedAt).toISOString() }),
    });
  });
  app.get(ROUTES.servers.path, async (context) => {
    const { signal } = context.req.raw;
    const servers = await tryServers({ asker, state, policies: supervisor.policies }, signal);
    return context.json<ServersAnswer>({ ...proxies, servers });
  });
  app.post(ROUTES.prove.path, async (context) =>
    streamed<ProvedAnswer>(context, async (signal) => ({ machines: await supervisor.installs.prove(asker, signal) })),
  );
  app.post(ROUTES.install.path, async (context) => {
    const { for: wanted, ...rest } = parseBody(ROUTES.install.request, await context.req.text());
    const request = { ...rest, ...newOwner(asker, wanted) };
    return streamed<InstalledAnswer>(context, (signal, onProgress) =>
      supervisor.installs.install(asker, request, signal, onProgress),
    );
  });
  app.post(ROUTES.update.path, async (context) => {
    const request = { ...parseBody(ROUTES.update.request, await context.req.text()), ...newOwner(asker) };
    return streamed<InstalledAnswer[]>(context, (signal, onProgress) =>
      supervisor.installs.update(asker, request, signal, onProgress),
    );
  });
  app.post(ROUTES.uninstall.path, async (context) => {
    const { vms, confirmed } = parseBody(ROUTES.uninstall.request, await context.req.text());
    return context.json<UninstalledAnswer>({
      removed: await supervisor.removals.uninstall({ asker, vms, isConfirmed: confirmed }),
    });
  });
  return app;

  /** Answers with progress, then with the result or the failure. It ends when the caller hangs up. */
  function streamed<Result>(
    context: HonoContext,
    work: (signal: AbortSignal, onProgress: (progress: ProgressAnswer) => void) => Promise<Result>,
  ): Response {
    return stream(context, async (lines) => {
      const cancel = new AbortController();
      lines.onAbort(() => cancel.abort());
      const progress = new ProgressLine((now) => lines.writeln(JSON.stringify({ progress: now })));
      try {
        const result = await work(cancel.signal, (now) => progress.send(now));
        await lines.writeln(JSON.stringify({ result }));
      } catch (error) {
        const failure = failureOf(error);
        if (failure.code === 'INTERNAL') log.error({ error }, 'installation failed');
        await lines.writeln(JSON.stringify({ error: failure }));
      }
    });
  }
}

/** The one project of this computer; what is damaged of it does not hide the machines. */
async function projectReport(trust: string): Promise<{ project?: Identity; projectFailure?: Failure }> {
  try {
    const project = await pinnedProject(trust);
    return project ? { project } : {};
  } catch (error) {
    return { projectFailure: failureOf(error) };
  }
}
