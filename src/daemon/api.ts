import { Hono, type Context as HonoContext } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { stream } from 'hono/streaming';
import { z } from 'zod';
import type { Progress } from '../install/change/apply.ts';
import { openInstance } from '../install/state/instances.ts';
import { computerPaths } from '../install/state/layout.ts';
import { AppError, ERRORS, failureOf } from '../lib/errors.ts';
import { jsonOrNothing } from '../lib/json.ts';
import type { Log } from '../sys/log.ts';
import { pinnedProject } from '../trust/client.ts';
import { explainDestination } from './explain.ts';
import type { Supervisor } from './supervise.ts';

const MAX_EVENTS = 1000;
const MAX_BODY_BYTES = 64 << 10;
const InstallBody = z.strictObject({
  source: z.string().min(1).max(4000),
  fingerprint: z.string().max(100).exactOptional(),
  replace: z.boolean(),
  keepOld: z.boolean(),
  consentTo: z.string().max(100).exactOptional(),
});
const PlanBody = InstallBody.pick({ source: true, fingerprint: true });
const UpdateBody = z.strictObject({
  vm: z.string().max(100).exactOptional(),
  full: z.boolean(),
  replace: z.boolean(),
  keepOld: z.boolean(),
  consentTo: z.string().max(100).exactOptional(),
});
const UninstallBody = z.strictObject({ vms: z.array(z.string().max(100)).min(1).max(1000), confirmed: z.boolean() });
const StopBody = z.strictObject({ force: z.boolean() });

export interface ApiDeps {
  state: string;
  supervisor: Supervisor;
  log: Log;
}

/** The service’s HTTP API. Every answer is one line of JSON, or several where something goes on; failures carry a code. */
export function createApi({ state, supervisor, log }: ApiDeps): Hono {
  const app = new Hono();

  app.onError((error, context) => {
    const failure = failureOf(error);
    if (failure.code === 'INTERNAL') log.error({ stack: error.stack }, 'request failed');
    return context.json({ error: failure }, ERRORS[failure.code].http);
  });
  app.notFound((context) => context.json({ error: failureOf(new AppError('USAGE', 'there is no such address')) }, 404));

  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new AppError('USAGE', `a request has at most ${MAX_BODY_BYTES} bytes`);
      },
    }),
  );

  app.get('/v1/status', async (context) => {
    const project = await pinnedProject(computerPaths(state).trust);
    const host = supervisor.hostReport();
    return context.json({
      ...(project ? { project } : {}),
      ...(host ? { host } : {}),
      machines: await supervisor.reports(),
    });
  });
  app.get('/v1/machines/:vm', async (context) => {
    const instance = await openInstance(state, context.req.param('vm'));
    const report = await supervisor.report(instance);
    const denied =
      report.state === 'stopped' || report.state === 'damaged' ? [] : await supervisor.machine(report.vm).denied();
    return context.json({ ...report, denied });
  });
  app.post('/v1/machines/:vm/start', async (context) => context.json(await supervisor.start(context.req.param('vm'))));
  app.post('/v1/machines/:vm/stop', async (context) => {
    const { force } = parseBody(StopBody, await context.req.text());
    await openInstance(state, context.req.param('vm'));
    await supervisor.machine(context.req.param('vm')).stop(force);
    return context.json({ vm: context.req.param('vm'), state: 'stopped' });
  });
  app.post('/v1/machines/:vm/rollback', async (context) =>
    context.json(await supervisor.changes.rollBack(context.req.param('vm'))),
  );
  app.post('/v1/machines/:vm/look-up', async (context) => {
    const machine = supervisor.machine(context.req.param('vm'));
    await machine.access.lookUp('interval');
    return context.json(machine.report());
  });
  app.get('/v1/machines/:vm/explain', async (context) => {
    const machine = supervisor.machine(context.req.param('vm'));
    return context.json(
      await explainDestination(machine, context.req.query('to') ?? '', context.req.query('protocol')),
    );
  });

  app.get('/v1/events', (context) => {
    const count = Math.min(MAX_EVENTS, Number(context.req.query('last') ?? 100) || 0);
    const isFollowing = context.req.query('follow') === 'true';
    return stream(context, async (lines) => {
      const ended = new AbortController();
      lines.onAbort(() => ended.abort());
      const following = isFollowing ? supervisor.events.follow(ended.signal) : undefined;
      for (const event of await supervisor.events.last(count)) await lines.writeln(JSON.stringify(event));
      if (following) for await (const event of following) await lines.writeln(JSON.stringify(event));
    });
  });

  app.post('/v1/plan', async (context) =>
    context.json(
      await supervisor.changes.foresee(parseBody(PlanBody, await context.req.text()), context.req.raw.signal),
    ),
  );
  app.post('/v1/install', async (context) => {
    const request = parseBody(InstallBody, await context.req.text());
    return streamed(context, (signal, onProgress) => supervisor.changes.install(request, signal, onProgress));
  });
  app.post('/v1/update', async (context) => {
    const request = parseBody(UpdateBody, await context.req.text());
    return streamed(context, (signal, onProgress) => supervisor.changes.update(request, signal, onProgress));
  });
  app.post('/v1/uninstall', async (context) => {
    const { vms, confirmed } = parseBody(UninstallBody, await context.req.text());
    return context.json({ removed: await supervisor.changes.uninstall({ vms, isConfirmed: confirmed }) });
  });
  return app;

  /** Answers with progress, then with the result or the failure. It ends when the caller hangs up. */
  function streamed(
    context: HonoContext,
    work: (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<unknown>,
  ): Response {
    return stream(context, async (lines) => {
      const cancel = new AbortController();
      lines.onAbort(() => cancel.abort());
      const onProgress = (progress: Progress) => void lines.writeln(JSON.stringify({ progress }));
      try {
        const result = await work(cancel.signal, onProgress);
        await lines.writeln(JSON.stringify({ result }));
      } catch (error) {
        const failure = failureOf(error);
        if (failure.code === 'INTERNAL') log.error({ error }, 'installation failed');
        await lines.writeln(JSON.stringify({ error: failure }));
      }
    });
  }
}

/** @throws USAGE */
function parseBody<T>(schema: z.ZodType<T>, body: string): T {
  const parsed = schema.safeParse(jsonOrNothing(body));
  if (parsed.success) return parsed.data;
  throw new AppError(
    'USAGE',
    parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
  );
}
