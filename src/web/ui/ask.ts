import type { AnswerIn, BodyIn, RouteTable } from '../../api/answers.ts';

/** Where each route of a table goes. */
type Paths<Routes> = { [Name in keyof Routes]: { readonly method: string; readonly path: string } };

/** What a request carries besides its body; `vm` and `id` stand in the path. */
interface Carried {
  vm?: string;
  id?: string;
  query?: Record<string, string>;
  /** Sent as it is, instead of a body. */
  file?: Blob;
  signal?: AbortSignal;
}
type Asked<Routes extends RouteTable, Name extends keyof Routes> = Carried &
  (BodyIn<Routes, Name> extends undefined ? { body?: undefined } : { body: BodyIn<Routes, Name> });

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

  get reason(): string {
    return this.message;
  }
}

export interface FailureParts {
  code: string;
  reason: string;
  causes?: readonly string[];
  remedy: string;
  log?: string;
  details?: Readonly<Record<string, unknown>>;
}

/** The ways to ask a process, by its table of routes. Answers are believed: they come from the process that served this page. */
export interface Asker<Routes extends RouteTable> {
  /** Asks for the one answer of a route. @throws AskFailure; TypeError where nobody answers */
  ask<Name extends keyof Routes>(route: Name, asked: Asked<Routes, Name>): Promise<AnswerIn<Routes, Name>>;
  /** Asks a route whose answer is several lines, and gives them all. @throws as ask */
  askLines<Name extends keyof Routes>(route: Name, asked: Asked<Routes, Name>): Promise<AnswerIn<Routes, Name>[]>;
  /** Asks a route whose answer goes on: tells how far it is, and gives what it came to. @throws as ask */
  askGoingOn<Name extends keyof Routes, Progress>(
    route: Name,
    asked: Asked<Routes, Name>,
    onProgress: (progress: Progress) => void,
  ): Promise<AnswerIn<Routes, Name>>;
}

export function askerOf<Routes extends RouteTable>(paths: Paths<Routes>): Asker<Routes> {
  return {
    async ask(route, asked) {
      const answer: unknown = await (await send(paths[route], asked)).json();
      if (isFailure(answer)) throw new AskFailure(answer.error);
      return answer as AnswerIn<Routes, typeof route>;
    },
    async askLines(route, asked) {
      const lines: AnswerIn<Routes, typeof route>[] = [];
      for await (const line of valuesOf(await send(paths[route], asked)))
        lines.push(line as AnswerIn<Routes, typeof route>);
      return lines;
    },
    async askGoingOn<Name extends keyof Routes, Progress>(
      route: Name,
      asked: Asked<Routes, Name>,
      onProgress: (progress: Progress) => void,
    ) {
      for await (const line of valuesOf(await send(paths[route], asked))) {
        if (typeof line !== 'object' || line === null) continue;
        if ('result' in line) return line.result as AnswerIn<Routes, Name>;
        if ('progress' in line) onProgress(line.progress as Progress);
      }
      throw new TypeError('the answer ended before its result');
    },
  };
}

function send(
  { method, path }: { method: string; path: string },
  { vm = '', id = '', query, file, body, signal }: Carried & { body?: unknown },
): Promise<Response> {
  const search = query ? `?${new URLSearchParams(query)}` : '';
  const to = `/api${path.replace(':vm', encodeURIComponent(vm)).replace(':id', encodeURIComponent(id))}${search}`;
  const json =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const content = file ? { body: file } : json;
  return fetch(to, { method, ...content, ...(signal ? { signal } : {}) });
}

/** The lines of an answer. @throws AskFailure at the line that is one */
async function* valuesOf(response: Response): AsyncGenerator<unknown> {
  for await (const text of linesOf(response)) {
    const line: unknown = JSON.parse(text);
    if (isFailure(line)) throw new AskFailure(line.error);
    yield line;
  }
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
