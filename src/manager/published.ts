import { getRequestListener } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';

/** A plain static web server for a project’s `published/` folder: what any web server does, for trying out and small sites. */
export function publishedListener(folder: string) {
  const app = new Hono();
  app.use('*', async (context, next) => {
    await next();
    // Metadata is replaced in place; all else has its digest or version in its name.
    context.header('cache-control', /timestamp\.json$/.test(context.req.path) ? 'no-cache' : 'max-age=3600');
  });
  app.get('*', serveStatic({ root: folder }));
  return getRequestListener(app.fetch);
}
