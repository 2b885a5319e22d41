import { PATHS } from '../../api/paths.ts';
import type { AnswerOf, BodyOf, RouteName } from '../../api/routes.ts';

/** What a request carries. Answers are believed: they come from the process that served this page. */
type Asked<Name extends RouteName> = {
  vm?: string;
  query?: Record<string, string>;
  signal?: AbortSignal;
} & (BodyOf<Name> extends undefined ? { body?: undefined } : { body: BodyOf<Name> });

/** A failure that has a code, a reason and a remedy, as everywhere. */
export class AskFailure extends Error {
  override readonly name = 'AskFailure';
  readonly code: string;
  readonly causes: readonly string[];
  readonly remedy: string;
  readonly log: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor({ code, reason, causes = [], remedy, log, details = {} }: FailureParts) {
    super(reason);
    this.code = code;
    this.causes = causes;
    this.remedy = remedy;
    this.log = log;
    this.details = details;
  }
}

interface FailureParts {
  code: string;
  reason: string;
  causes?: readonly string[];
  remedy: string;
  log?: string;
  details?: Readonly<Record<string, unknown>>;
}

/** Asks for the one answer of a route. @throws AskFailure; TypeError where nobody answers */
export async function ask<Name extends RouteName>(route: Name, asked: Asked<Name>): Promise<AnswerOf<Name>> {
  const response = await send(route, asked);
  const answer: unknown = await response.json();
  if (isFailure(answer)) throw new AskFailure(answer.error);
  return answer as AnswerOf<Name>;
}

/** Asks a route whose answer is several lines, and gives them all. @throws as ask */
export async function askLines<Name extends RouteName>(route: Name, asked: Asked<Name>): Promise<AnswerOf<Name>[]> {
  const lines: AnswerOf<Name>[] = [];
  for await (const text of linesOf(await send(route, asked))) {
    const line: unknown = JSON.parse(text);
    if (isFailure(line)) throw new AskFailure(line.error);
    lines.push(line as AnswerOf<Name>);
  }
  return lines;
}

/** Asks a route whose answer goes on: tells how far it is, and gives what it came to. @throws as ask */
export async function askGoingOn<Name extends RouteName, Progress>(
  route: Name,
  asked: Asked<Name>,
  onProgress: (progress: Progress) => void,
): Promise<AnswerOf<Name>> {
  for await (const text of linesOf(await send(route, asked))) {
    const line: unknown = JSON.parse(text);
    if (isFailure(line)) throw new AskFailure(line.error);
    if (typeof line !== 'object' || line === null) continue;
    if ('result' in line) return line.result as AnswerOf<Name>;
    if ('progress' in line) onProgress(line.progress as Progress);
  }
  throw new TypeError('the answer ended before its result');
}

function send<Name extends RouteName>(name: Name, { vm = '', query, body, signal }: Asked<Name>) {
  const { method, path } = PATHS[name];
  const search = query ? `?${new URLSearchParams(query)}` : '';
  const to = `/api${path.replace(':vm', encodeURIComponent(vm))}${search}`;
  const content =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return fetch(to, { method, ...content, ...(signal ? { signal } : {}) });
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  let held = '';
  const texts = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let read = await texts?.read(); read && !read.done; read = await texts?.read()) {
    const lines = (held + read.value).split('\n');
    held = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
  if (held !== '') yield held;
}

function isFailure(answer: unknown): answer is { error: FailureParts } {
  return typeof answer === 'object' && answer !== null && 'error' in answer;
}
