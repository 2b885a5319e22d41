import type { Duplex } from 'node:stream';
import type { z } from 'zod';
import { FailureAnswer } from '../api/failure.ts';
import { OwnSocketAnswer } from '../api/own-socket.ts';
import { ROUTES } from '../api/routes.ts';
import { AppError, type Failure } from '../lib/errors.ts';
import type { AsJson } from '../lib/json.ts';
import { askUnix, openStream } from '../sys/http/http-client.ts';
import { printStep } from './terminal/print.ts';

/** Where the service is. */
export interface ServiceOptions {
  socket: string;
  json?: boolean;
}

/** A row of `ROUTES`: what it answers, and what it is asked with. */
export interface Route<Answer, Body> {
  method: 'GET' | 'POST';
  path: string;
  request?: z.ZodType<unknown, Body>;
  answer: z.ZodType<Answer>;
}

/** What a request carries: the machine that its path names, a query, the body that its route takes. */
interface Asked<Body> {
  vm?: string;
  query?: Record<string, string>;
  body?: Body;
  /** Sent as it is, instead of a body. */
  file?: { content: AsyncIterable<Uint8Array>; bytes: number };
  signal?: AbortSignal;
}

/** Asks the service and gives its answers as they come. @throws the service’s own Failure, DAEMON_* */
export async function* askLines<Body>(
  options: ServiceOptions,
  route: Route<unknown, Body>,
  asked: Asked<Body>,
): AsyncGenerator<unknown> {
  const { socket } = await doorOf(options, asked.signal);
  yield* linesAt(socket, route, asked);
}

async function* linesAt<Body>(
  socket: string,
  { method, path }: Route<unknown, Body>,
  { vm = '', query = {}, body, file, signal }: Asked<Body>,
): AsyncGenerator<unknown> {
  const search = new URLSearchParams(query).toString();
  const to = path.replace(':vm', encodeURIComponent(vm)) + (search === '' ? '' : `?${search}`);
  const { lines } = await askUnix(socket, {
    method,
    path: to,
    body,
    ...(file ? { file } : {}),
    ...(signal ? { signal } : {}),
  });
  for await (const line of lines) {
    const failed = FailureAnswer.safeParse(line);
    if (failed.success) throw failed.data.error satisfies Failure;
    yield line;
  }
}

/** A socket of the service; `denied`: it is the group’s, by which nobody says who he is, because this user has none of his own. */
interface Door {
  socket: string;
  denied?: Failure;
}

const doors = new Map<string, Promise<Door>>();

/**
 * The socket by which the service knows who asks; another release of it may know none. A process that is in the group although its
 * account is not (of a systemd unit, a container) asks by the group’s, where there are only machines that are everybody’s.
 * @throws DAEMON_*
 */
function doorOf(options: ServiceOptions, signal?: AbortSignal): Promise<Door> {
  const found = doors.get(options.socket) ?? findDoor(options, signal);
  doors.set(options.socket, found);
  return found;
}

async function findDoor({ socket, json = false }: ServiceOptions, signal?: AbortSignal): Promise<Door> {
  const { method, path } = ROUTES.ownSocket;
  const body = { uid: process.getuid?.() ?? 0 };
  const { lines } = await askUnix(socket, { method, path, body, ...(signal ? { signal } : {}) });
  for await (const line of lines) {
    const failed = FailureAnswer.safeParse(line).data?.error;
    if (failed?.code === 'DAEMON_DENIED') {
      printStep({ json }, `${failed.reason}: only machines that are everybody’s are here for it`);
      return { socket, denied: failed };
    }
    if (failed && failed.code !== 'USAGE') throw failed satisfies Failure;
    return { socket: OwnSocketAnswer.safeParse(line).data?.socket ?? socket };
  }
  return { socket };
}

/** What is his who asks can be nobody’s who does not say who he is. @throws DAEMON_DENIED */
export async function requireOwnSocket(options: ServiceOptions, signal: AbortSignal): Promise<void> {
  const { denied } = await doorOf(options, signal);
  if (denied) throw denied satisfies Failure;
}

/** Asks the service for its one answer. @throws as askLines */
export async function askOnce<Answer, Body>(
  options: ServiceOptions,
  route: Route<Answer, Body>,
  asked: Asked<Body>,
): Promise<AsJson<Answer>> {
  return firstOf(askLines(options, route, asked), route);
}

/** Asks whoever answers on a socket as the service does, for his one answer. @throws as askLines */
export async function askOnceAt<Answer, Body>(
  socket: string,
  route: Route<Answer, Body>,
  asked: Asked<Body>,
): Promise<AsJson<Answer>> {
  return firstOf(linesAt(socket, route, asked), route);
}

async function firstOf<Answer>(
  answers: AsyncIterable<unknown>,
  route: Pick<Route<Answer, never>, 'answer'>,
): Promise<AsJson<Answer>> {
  for await (const answer of answers) return parseAnswer(answer, route.answer);
  throw new AppError('DAEMON_UNREACHABLE', 'the service did not answer');
}

/** A machine’s screen or serial console, as bytes. @throws VM_UNKNOWN, VM_NOT_RUNNING, CONSOLE_TAKEN, DAEMON_*, INTERRUPTED */
export async function openMachineStream(
  options: ServiceOptions,
  vm: string,
  what: 'screen' | 'console',
  signal: AbortSignal,
): Promise<Duplex> {
  const { socket } = await doorOf(options, signal);
  const answer = await openStream(socket, `/v1/machines/${encodeURIComponent(vm)}/${what}`, signal);
  if ('stream' in answer) return answer.stream;
  throw parseAnswer(answer.refused, FailureAnswer).error satisfies Failure;
}

/**
 * An answer of this form, as it came: what this release does not know of it stays.
 * @throws DAEMON_UNREACHABLE when it is of another form: another release of the service
 */
export function parseAnswer<T>(answer: unknown, schema: z.ZodType<T>): AsJson<T> {
  const { error } = schema.safeParse(answer);
  if (!error) return answer as AsJson<T>;
  throw new AppError('DAEMON_UNREACHABLE', 'the service answers in a form that is not understood', { cause: error });
}

/** Whether what a request ended with is a failure that has a code and details. */
export function isFailure(error: unknown): error is Failure {
  return typeof error === 'object' && error !== null && 'code' in error && 'details' in error;
}
