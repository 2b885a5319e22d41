import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { z } from 'zod';
import { jsonOrNothing } from '../lib/json.ts';
import { projectPaths } from '../project/layout.ts';
import { requireProject } from '../project/open.ts';
import { readIfThere } from '../sys/files/files.ts';
import { changesIn } from '../sys/files/watch.ts';
import { type Listening, listenTcp } from '../sys/http/http-server.ts';

/** How long a computer that watches waits for an answer; it then asks again. */
const WATCH_MS = 50_000;
const MAX_TIMESTAMP_BYTES = 64 << 10;
const Timestamp = z.object({ signed: z.object({ version: z.int().min(0) }) });

/**
 * A web server for a project’s `published/` folder, for trying out and small sites. What any web server does, and one thing
 * more: `GET /policies/watch/VERSION` answers as soon as a newer release is published, so that a deploy reaches
 * running machines at once. What it answers is a hint; nothing in it is believed.
 */
export function publishedListener(folder: string) {
  const app = new Hono();
  app.use('*', async (context, next) => {
    await next();
    // Metadata is replaced in place; all else has its digest or version in its name.
    const changes = /(\/timestamp\.json|\/watch\/\d+)$/.test(context.req.path);
    context.header('cache-control', changes ? 'no-cache' : 'max-age=3600');
  });
  app.get('/policies/watch/:than{[0-9]+}', async (context) => {
    const than = Number(context.req.param('than'));
    const signal = AbortSignal.any([AbortSignal.timeout(WATCH_MS), context.req.raw.signal]);
    return context.json({ version: await newerThan(than, join(folder, 'policies', 'metadata'), signal) });
  });
  app.get('*', serveStatic({ root: folder }));
  return getRequestListener(app.fetch);
}

/** Serves what a project has published, until it is disposed of. @throws PROJECT_MISSING, PORT_IN_USE, ROOT_NEEDED, USAGE */
export async function servePublished(folder: string, host: string, port: number): Promise<Listening> {
  await requireProject(folder);
  return listenTcp(host, port, publishedListener(projectPaths(folder).published));
}

/** Waits until a release newer than `than` is published; gives the version there is when that, or the time, has come. */
async function newerThan(than: number, metadata: string, signal: AbortSignal): Promise<number> {
  let version = than;
  for await (const _change of changesIn(metadata, signal)) {
    const bytes = await readIfThere(join(metadata, 'timestamp.json'), MAX_TIMESTAMP_BYTES);
    version = Timestamp.safeParse(jsonOrNothing(bytes?.toString('utf8') ?? '')).data?.signed.version ?? 0;
    if (version > than) break;
  }
  return version;
}
