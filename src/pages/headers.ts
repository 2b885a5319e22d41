import type { Context, MiddlewareHandler } from 'hono';
import { AppError, ERRORS, failureOf } from '../lib/errors.ts';

/**
 * What a page may do: run and show what we serve, ask us, and nobody else. Mantine sets styles on elements, which no digest
 * can name: so styles may stand in the page, scripts may not.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // A machine with a microphone hears a page once its user has opened it there; the browser asks him, too.
  'permissions-policy': 'camera=(), microphone=(self), geolocation=()',
};

/** The same protection on every answer, failures too. */
export const withHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
};

/** The two names of this computer to itself; any other Host is a name that somebody made to lead here. */
export function isOwnHost(host: string | undefined, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `localhost:${port}`;
}

/** Whether a request comes from our own page. Browsers name the origin with every request that changes something. */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  return origin === undefined || origin === `http://${host}`;
}

/** The refusal of a request that comes from elsewhere: for programs as everywhere, for people in words. */
export function notFromHere(context: Context, what: string): Response {
  const failure = failureOf(new AppError('PAGE_DENIED', what));
  const status = ERRORS.PAGE_DENIED.http;
  if (context.req.header('accept')?.includes('text/html') !== true) return context.json({ error: failure }, status);
  const text = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Lazaret</title><p>${failure.reason}.</p><p>${failure.remedy}</p>`;
  return context.html(text, status);
}
