import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A test’s own little protocol: one JSON object a line, `{id, call, args}` there and `{id, result}` or `{id, error}` back. */
// biome-ignore lint/suspicious/noExplicitAny: a test calls its own programs with what they take
export type Handlers = Record<string, (...args: any[]) => unknown>;

/** Answers calls on standard input until it ends. */
export async function serveCalls(handlers: Handlers): Promise<void> {
  const work = async (line: string) => {
    const { id, call, args } = JSON.parse(line);
    try {
      const handler = handlers[call];
      if (!handler) throw new Error(`no call ${call}`);
      return { id, result: (await handler(...args)) ?? null };
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      const code = 'code' in failure ? failure.code : undefined;
      return { id, error: { code, message: code ? failure.message : failure.stack } };
    }
  };
  for await (const line of createInterface({ input: process.stdin }))
    void work(line).then((answer) => process.stdout.write(`${JSON.stringify(answer)}\n`));
  process.exit(0);
}

/** A program that answers calls, in whatever namespace the words before it lead to. */
export class Remote {
  readonly process: ChildProcessWithoutNullStreams;
  #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #count = 0;

  constructor(enter: readonly string[], file: string, args: readonly string[] = [], env: Record<string, string> = {}) {
    const [program = process.execPath, ...rest] = [...enter, process.execPath, file, ...args];
    this.process = spawn(program, rest, { stdio: 'pipe', env: { ...process.env, LAZARET_LOG: 'silent', ...env } });
    this.process.stderr.pipe(process.stderr);
    this.process.stdin.on('error', () => this.#giveUp());
    this.process.once('close', () => this.#giveUp());
    createInterface({ input: this.process.stdout }).on('line', (line) => {
      const { id, result, error } = JSON.parse(line);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(Object.assign(new Error(error.message), { code: error.code }));
      else waiting?.resolve(result);
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: what comes back is asserted by the test
  async call(name: string, ...args: unknown[]): Promise<any> {
    const id = ++this.#count;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.process.stdin.write(`${JSON.stringify({ id, call: name, args })}\n`);
    return waiting.promise;
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.process.once('close', resolve));
    this.process.kill(signal);
    await gone;
  }

  #giveUp(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('the program has ended'));
    this.#waiting.clear();
  }
}
