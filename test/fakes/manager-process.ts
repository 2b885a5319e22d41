import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BIN, scriptOf } from '../../lab/programs.ts';
import { EventAnswer } from '../../src/api/event.ts';
import { FailureAnswer } from '../../src/api/failure.ts';
import { MANAGER_ROUTES } from '../../src/api/manager/routes.ts';
import type { TaskAnswer } from '../../src/api/manager/tasks.ts';
import type { Ends } from './made-project.ts';

type Routes = typeof MANAGER_ROUTES;

/** `lazaret-manager ui` of a project, and what its page asks of it. */
export async function managerProcess(
  t: Ends,
  folder: string,
  {
    options = [],
    isNobody = false,
    environment = {},
  }: { options?: string[]; isNobody?: boolean; environment?: Record<string, string> } = {},
) {
  const args = ['-C', folder, 'ui', '--no-browser', '--json', ...options];
  // In a user namespace that maps nobody, everybody is nobody.
  const [command, before] = isNobody
    ? ['unshare', ['-U', process.execPath, scriptOf('lazaret-manager')]]
    : [join(BIN, 'lazaret-manager'), []];
  const child = spawn(command, [...before, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  const ended = once(child, 'exit');
  const [line] = await once(createInterface(child.stdout), 'line');
  const { url } = JSON.parse(String(line));
  const { origin } = new URL(url);
  const opened = await fetch(url);
  const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
  t.after(async () => {
    child.kill('SIGINT');
    await ended;
  });

  return {
    child,
    ended,
    origin,
    cookie,

    fetch: (path: string, init: RequestInit & { duplex?: 'half' } = {}) =>
      fetch(`${origin}/api${path}`, { ...init, headers: { cookie, origin, ...init.headers } }),

    /** The answer of a route, held to its schema; a failure as it is told. */
    async ask<Name extends keyof Routes>(name: Name, { vm = '', id = '', body }: Asked = {}) {
      const { method, path, answer } = MANAGER_ROUTES[name];
      const to = path.replace(':vm', vm).replace(':id', id);
      const asked = await this.fetch(to, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      const value: unknown = await asked.json();
      const { data: failed } = FailureAnswer.safeParse(value);
      if (failed) throw Object.assign(new Error(failed.error.reason), { code: failed.error.code });
      return answer.parse(value) as ReturnType<Routes[Name]['answer']['parse']>;
    },

    /** Waits until a task is as is wanted; its every state on the way is held to its schema. */
    async until(id: string, isWanted: (task: TaskAnswer) => boolean): Promise<TaskAnswer> {
      for await (const { kind } of this.live()) {
        if (kind !== 'task' && kind !== 'ready') continue;
        const task = await this.ask('task', { id });
        if (isWanted(task)) return task;
        if (task.endedAt !== undefined) throw new Error(`it ended before: ${JSON.stringify(task)}`);
      }
      throw new Error('the process ended');
    },

    over(id: string): Promise<TaskAnswer> {
      return this.until(id, ({ endedAt }) => endedAt !== undefined);
    },

    /** What pages are told, after one `ready`. */
    async *live(): AsyncGenerator<{ kind: string; event?: EventAnswer }> {
      const over = new AbortController();
      const answer = await this.fetch('/v1/live', { signal: over.signal });
      try {
        let held = '';
        for await (const text of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
          const messages = (held + text).split('\n\n');
          held = messages.pop() ?? '';
          for (const message of messages) yield messageIn(message);
        }
      } finally {
        over.abort();
      }
    },
  };
}

interface Asked {
  vm?: string;
  id?: string;
  body?: object;
}

function messageIn(message: string): { kind: string; event?: EventAnswer } {
  const data = /^data: ?(.*)$/m.exec(message)?.[1] ?? '';
  if (/^event: ready$/m.test(message)) return { kind: 'ready' };
  const event = EventAnswer.parse(JSON.parse(data));
  return { kind: event.kind, event };
}
