import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { z } from 'zod';
import { AppError, ERRORS, failureOf } from '../lib/errors.ts';
import { issueTexts } from '../lib/issues.ts';
import { jsonOrNothing } from '../lib/json.ts';
import type { Log } from '../sys/log.ts';

/**
 * An API without routes: every failure is answered with code, reason and remedy; a bug goes to the log with its stack.
 * `addStreamed` adds routes whose bodies are not held in memory, and have bounds of their own.
 */
export function newApi(log: Log, maxBodyBytes: number, addStreamed: (app: Hono) => void = () => undefined): Hono {
  const app = new Hono();
  app.onError((error, context) => {
    const failure = failureOf(error);
    if (failure.code === 'INTERNAL') log.error({ stack: error.stack }, 'request failed');
    return context.json({ error: failure }, ERRORS[failure.code].http);
  });
  app.notFound((context) => context.json({ error: failureOf(new AppError('USAGE', 'there is no such address')) }, 404));
  addStreamed(app);
  app.use(
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: () => {
        throw new AppError('USAGE', `a request has at most ${maxBodyBytes} bytes`);
      },
    }),
  );
  return app;
}

/** @throws USAGE */
export function parseBody<T>(schema: z.ZodType<T>, body: string): T {
  return parseValue(schema, jsonOrNothing(body));
}

/** @throws USAGE */
export function parseValue<T>(schema: z.ZodType<T>, value: unknown): T {
  const { data, error } = schema.safeParse(value);
  if (!error) return data;
  throw new AppError('USAGE', issueTexts(error).join('; '));
}
