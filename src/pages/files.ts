import { extname, join } from 'node:path';
import { type Context, Hono } from 'hono';
import { AppError } from '../lib/errors.ts';
import { readUnlinked } from '../sys/files/files.ts';

const MAX_FILE_BYTES = 16 << 20;
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};
/** Names that carry a digest, as the build makes them: no way out of the folder. */
const ASSET = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** The files of a built page. Every address that is none of them is the page itself: it knows its own addresses. */
export function pageFiles(folder: string): Hono {
  const app = new Hono();
  app.get('/assets/:name', async (context) => {
    const name = context.req.param('name');
    const type = TYPES[extname(name)];
    if (!ASSET.test(name) || type === undefined) return context.notFound();
    return send(context, join(folder, 'assets', name), type, 'max-age=31536000, immutable');
  });
  app.get('*', (context) => send(context, join(folder, 'index.html'), TYPES['.html'] ?? '', 'no-cache'));
  return app;
}

async function send(context: Context, path: string, type: string, caching: string): Promise<Response> {
  const bytes = await readUnlinked(path, MAX_FILE_BYTES).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'FILE_MISSING') return undefined;
    throw error;
  });
  if (!bytes) return context.notFound();
  return context.body(new Uint8Array(bytes), 200, { 'content-type': type, 'cache-control': caching });
}
