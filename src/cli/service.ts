import { z } from 'zod';
import { AppError, ERRORS, type ErrorCode, type Failure } from '../lib/errors.ts';
import { askUnix, type UnixRequest } from '../sys/network/http-client.ts';

/** Where the service is. */
export interface ServiceOptions {
  socket: string;
}

const Failed = z.object({
  error: z.object({
    code: z.custom<ErrorCode>((code) => typeof code === 'string' && code in ERRORS),
    reason: z.string(),
    remedy: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
});

/** Asks the service and gives its answers as they come. @throws the service’s own Failure, DAEMON_* */
export async function* askService({ socket }: ServiceOptions, request: UnixRequest): AsyncGenerator<unknown> {
  const { lines } = await askUnix(socket, request);
  for await (const line of lines) {
    const failed = Failed.safeParse(line);
    if (failed.success) throw failed.data.error satisfies Failure;
    yield line;
  }
}

/** Asks the service for its one answer, which must be of this form. @throws as askService */
export async function askOnce<T>(options: ServiceOptions, request: UnixRequest, schema: z.ZodType<T>): Promise<T> {
  for await (const answer of askService(options, request)) return parseAnswer(answer, schema);
  throw new AppError('DAEMON_UNREACHABLE', 'the service did not answer');
}

/** @throws DAEMON_UNREACHABLE when the answer is of another form: another release of the service */
export function parseAnswer<T>(answer: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new AppError('DAEMON_UNREACHABLE', 'the service answers in a form that is not understood', {
    cause: parsed.error,
  });
}

/** Whether what a request ended with is a failure that has a code and details. */
export function isFailure(error: unknown): error is Failure {
  return typeof error === 'object' && error !== null && 'code' in error && 'details' in error;
}
