import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { AppError, systemCode } from '../../lib/errors.ts';
import { requireGoing } from '../../lib/interrupted.ts';
import { endGroup, groupHasGone, type ProcessId, processOf } from './processes.ts';

/** Folders that hold system programs and are often missing from an ordinary user’s PATH. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/** The only environment a program gets unless the caller adds to it: nothing secret leaks by inheritance. */
export const PROGRAM_ENV = {
  PATH: [...new Set([...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS])].join(delimiter),
  LC_ALL: 'C.UTF-8',
  HOME: process.env['HOME'] ?? '/',
};

/** For programs of our own: where a service keeps what it has compiled, they find it too, and start in half the time. */
export const OWN_PROGRAM_ENV = {
  ...PROGRAM_ENV,
  ...(process.env['NODE_COMPILE_CACHE'] ? { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] } : {}),
};

export interface RunOptions {
  input?: string | Uint8Array;
  timeoutMs?: number;
  maxBytes?: number;
  cwd?: string;
  env?: Record<string, string>;
  signal?: AbortSignal;
  /** Exit statuses that are answers and not failures. */
  allow?: readonly number[];
  /** It is ended with all processes of its group: a bubblewrap that only begins leaves one behind that waits for it without end. */
  isGroup?: boolean;
  /** Told what it writes to standard output, as it does. */
  onOutput?: (text: string) => void;
  /** What failures call it, where another program starts it. */
  name?: string;
}

export interface Ran {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/**
 * Runs a program to its end, never through a shell; for work that was called off already, none.
 * @throws PROGRAM_MISSING, PROGRAM_TIMEOUT, INTERRUPTED, or PROGRAM_FAILED for a status not in `allow`.
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { timeoutMs = 60_000, maxBytes = 16 << 20, allow = [] } = options;
  // A hundred files: a command that runs no program does not wait for them.
  const { execa } = await import('execa');
  // A short one would be done before it is ended.
  requireGoing(options.signal);
  const running = execa(program, args, {
    reject: false,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    ...(options.input === undefined ? {} : { input: options.input }),
    timeout: timeoutMs,
    maxBuffer: maxBytes,
    stripFinalNewline: true,
    extendEnv: false,
    env: { ...PROGRAM_ENV, ...options.env },
    detached: options.isGroup ?? false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  const { onOutput } = options;
  if (onOutput) running.stdout?.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
  const result = await (options.isGroup ? endedAsGroup(running, timeoutMs, options.signal) : running);
  const { stdout, stderr, exitCode } = result;
  if (exitCode !== undefined && !result.isMaxBuffer && (exitCode === 0 || allow.includes(exitCode))) {
    return { stdout, stderr, exitCode };
  }
  throw failure(options.name ?? program, args, result);
}

/** Waits for its end, and ends all of its group once it is late or not wanted any more. */
async function endedAsGroup<T extends Promise<unknown> & { pid?: number | undefined }>(
  running: T,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Awaited<T>> {
  const end = () => endGroup(running.pid);
  const timer = setTimeout(end, timeoutMs);
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  try {
    const ended = await running;
    if (running.pid !== undefined) await groupHasGone(running.pid);
    return ended;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

interface Ended {
  timedOut?: boolean;
  isCanceled?: boolean;
  isMaxBuffer?: boolean;
  exitCode?: number | undefined;
  stderr?: string;
  code?: string | undefined;
}

function failure(program: string, args: readonly string[], ended: Ended): AppError {
  const cause = ended instanceof Error ? ended : undefined;
  const details = { program, args, exitCode: ended.exitCode };
  if (ended.code === 'ENOENT')
    return new AppError('PROGRAM_MISSING', `${program} is not installed`, { cause, details });
  if (ended.timedOut) return new AppError('PROGRAM_TIMEOUT', `${program} did not end in time`, { cause, details });
  if (ended.isCanceled) return new AppError('INTERRUPTED', `${program} was interrupted`, { cause, details });
  const said = ended.isMaxBuffer
    ? 'wrote too much'
    : (ended.stderr ?? '').trim().slice(-2000) || 'failed without a word';
  return new AppError('PROGRAM_FAILED', `${program}: ${said}`, { cause, details });
}

/** Whether a program of that name can be started. */
export function hasProgram(name: string): boolean {
  return PROGRAM_ENV.PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return false;
    }
  });
}

interface DetachedOptions {
  outputFd: number;
  handed?: readonly number[];
  /** What it reads from standard input, which then ends: not more than a socket takes at once. */
  input?: string;
  env?: Record<string, string>;
}

/**
 * Starts a program that outlives us (a machine must not end with the service): own session, no pipes to us.
 * What it prints goes to `outputFd`; `handed` are open files it finds as descriptors 3, 4, ….
 * @throws PROGRAM_MISSING
 */
export async function startDetached(
  program: string,
  args: readonly string[],
  { outputFd, handed = [], input, env = PROGRAM_ENV }: DetachedOptions,
): Promise<ProcessId> {
  const stdio = [input === undefined ? ('ignore' as const) : ('pipe' as const), outputFd, outputFd, ...handed];
  const child = spawn(program, args, { detached: true, stdio, env });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    child.once('error', (cause) => reject(new AppError('PROGRAM_MISSING', `cannot start ${program}`, { cause })));
  });
  // Whoever ends before it has read says so by its end.
  child.stdin?.on('error', () => undefined).end(input);
  child.unref();
  const id = processOf(pid);
  if (!id) throw new AppError('PROGRAM_FAILED', `${program} ended at once`);
  return id;
}
