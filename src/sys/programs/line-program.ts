import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { AppError } from '../../lib/errors.ts';
import { linesOf } from '../network/sockets.ts';
import { PROGRAM_ENV } from './exec.ts';
import { endProcess, processOf } from './processes.ts';

const MAX_LINE_BYTES = 1 << 20;

/** What a program said: a line, and whether it was on its standard error. */
export interface Said {
  line: string;
  isError: boolean;
}

/** A program that runs for long, is told lines and says lines. It ends with us, because its input ends then. */
export class LineProgram implements AsyncDisposable {
  readonly pid: number;
  #child: ChildProcessWithoutNullStreams;
  #said: Said[] = [];
  #ended = false;
  #news = Promise.withResolvers<void>();

  private constructor(child: ChildProcessWithoutNullStreams, pid: number) {
    this.#child = child;
    this.pid = pid;
    child.stdin.on('error', () => this.#end());
    child.once('close', () => this.#end());
    void this.#collect(child.stdout, false);
    void this.#collect(child.stderr, true);
  }

  /** @throws PROGRAM_MISSING */
  static async start(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<LineProgram> {
    const child = spawn(program, args, { stdio: 'pipe', env: { ...PROGRAM_ENV, ...env } });
    try {
      await once(child, 'spawn');
    } catch (cause) {
      throw new AppError('PROGRAM_MISSING', `cannot start ${program}`, { cause });
    }
    return new LineProgram(child, child.pid ?? 0);
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  tell(line: string): void {
    if (!this.#ended) this.#child.stdin.write(`${line}\n`);
  }

  /** The next line, or undefined when none came within `timeoutMs` or the program has ended. */
  async next(timeoutMs: number): Promise<Said | undefined> {
    if (this.#said.length === 0 && !this.#ended) await this.#newsWithin(timeoutMs);
    return this.#said.shift();
  }

  /** Throws away what was said and not read. */
  forget(): void {
    this.#said = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    const id = this.#ended ? undefined : processOf(this.pid);
    if (id) await endProcess(id);
  }

  async #collect(stream: AsyncIterable<Buffer>, isError: boolean): Promise<void> {
    for await (const line of linesOf(stream, MAX_LINE_BYTES)) {
      this.#said.push({ line: line ?? '', isError });
      this.#tellNews();
    }
  }

  async #newsWithin(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => this.#tellNews(), timeoutMs);
    await this.#news.promise;
    clearTimeout(timer);
  }

  #tellNews(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }

  #end(): void {
    this.#ended = true;
    this.#tellNews();
  }
}
