import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { causesOf } from '../../lib/causes.ts';
import { AppError, type ErrorCode } from '../../lib/errors.ts';
import { interrupted } from '../../lib/interrupted.ts';

/** Named pieces of work that take one value and give one, both of them plain data. They may block: nothing else runs in their thread. */
export type Jobs = Record<string, (task: never) => unknown>;

/** Threads that share one queue of jobs; work is begun in the order it was asked for. */
export interface Threads<J extends Jobs> extends AsyncDisposable {
  /** How many jobs it is worth having under way: enough that no thread waits for the next. */
  readonly ahead: number;
  /** @throws what the job threw (AppErrors keep code and details), INTERRUPTED once the signal has fired */
  run<K extends keyof J & string>(job: K, task: Parameters<J[K]>[0]): Promise<ReturnType<J[K]>>;
}

/** One thread for each processor, at most eight: beyond that the disk is the limit. */
export function usualThreads(): number {
  return Math.min(availableParallelism(), 8);
}

interface Order {
  job: string;
  task: unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Failed {
  name: string;
  message: string;
  stack: string | undefined;
  causes: readonly string[];
  code?: ErrorCode;
  details?: Record<string, unknown>;
}

/** Each thread holds the job it does and one to go on with while we are busy. */
const HELD = 2;

/** Jobs and what they hold open. */
export interface Opened<J extends Jobs> extends Disposable {
  jobs: J;
}

export interface ThreadOptions {
  /** With 0 the jobs run here, one at a time: for work too small to be worth a thread. */
  count: number;
  signal?: AbortSignal | undefined;
}

/**
 * Opens the same jobs in several threads. `entry` is the worker file, all of which is `serveJobs(open)`; `setup` must be
 * plain data. Disposing of them ends the threads at once, whatever they do.
 */
export function openThreads<S, J extends Jobs>(
  entry: URL,
  open: (setup: S) => Opened<J>,
  setup: S,
  { count, signal }: ThreadOptions,
): Threads<J> {
  return count === 0 ? inlineThreads(open(setup), signal) : startThreads(entry, setup, count, signal);
}

function startThreads<J extends Jobs>(entry: URL, setup: unknown, count: number, signal?: AbortSignal): Threads<J> {
  const waiting: Order[] = [];
  const held = new Map<Worker, Order[]>();
  let ended: Error | undefined;

  const hand = () => {
    for (let room = 1; room <= HELD; room += 1) {
      for (const [worker, orders] of held) {
        if (orders.length >= room) continue;
        const order = waiting.shift();
        if (!order) return;
        orders.push(order);
        worker.postMessage({ job: order.job, task: order.task });
      }
    }
  };
  const stop = (why: Error) => {
    ended ??= why;
    const left = [...waiting.splice(0), ...[...held.values()].flatMap((orders) => orders.splice(0))];
    for (const order of left) order.reject(ended);
  };
  const interrupt = () => stop(interrupted(signal?.reason));
  if (signal?.aborted) interrupt();
  signal?.addEventListener('abort', interrupt, { once: true });

  for (let started = 0; started < count; started += 1) {
    const worker = new Worker(entry, { workerData: setup, execArgv: [] });
    const orders: Order[] = [];
    held.set(worker, orders);
    worker.on('message', (answer: { value: unknown } | { failed: Failed }) => {
      const order = orders.shift();
      hand();
      if ('failed' in answer) order?.reject(revive(answer.failed));
      else order?.resolve(answer.value);
    });
    worker.on('error', (error) =>
      stop(error instanceof Error ? error : new Error('a worker thread failed', { cause: error })),
    );
    worker.on('exit', () => stop(new Error('a worker thread ended by itself')));
  }

  return {
    ahead: count * HELD,
    run(job, task) {
      return new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        waiting.push({ job, task, resolve: (value: never) => resolve(value), reject });
        hand();
      });
    },
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', interrupt);
      stop(new Error('the worker threads were ended'));
      await Promise.all([...held.keys()].map((worker) => worker.terminate()));
    },
  };
}

/** The same without threads: each job runs at once, where it is asked for. */
function inlineThreads<J extends Jobs>({ jobs, [Symbol.dispose]: close }: Opened<J>, signal?: AbortSignal): Threads<J> {
  return {
    ahead: 1,
    run(job, task) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(interrupted(signal.reason));
        const order: Order = { job, task, resolve: (value: never) => resolve(value), reject };
        try {
          order.resolve(perform(jobs, job, task));
        } catch (error) {
          reject(error);
        }
      });
    },
    async [Symbol.asyncDispose]() {
      close();
    },
  };
}

/** The whole of a worker file: opens its jobs with the setup it was given and does them one after the other. */
export function serveJobs<S>(open: (setup: S) => Opened<Jobs>): void {
  const port = parentPort;
  if (!port) throw new Error('serveJobs runs in a worker thread only');
  const { jobs } = open(workerData);
  port.on('message', ({ job, task }) => {
    try {
      const value = perform(jobs, job, task);
      port.postMessage({ value }, ownedBytes(value));
    } catch (error) {
      port.postMessage({ failed: describe(error) });
    }
  });
}

function perform(jobs: Jobs, job: string, task: unknown): unknown {
  const work = jobs[job];
  if (!work) throw new Error(`there is no job ${job}`);
  return Reflect.apply(work, undefined, [task]);
}

/** The memory of a result that fills its buffer alone: it changes hands instead of being copied. */
function ownedBytes(value: unknown): ArrayBuffer[] {
  const whole = value instanceof Uint8Array && value.byteLength === value.buffer.byteLength;
  return whole && value.buffer instanceof ArrayBuffer && !Buffer.isBuffer(value) ? [value.buffer] : [];
}

function describe(error: unknown): Failed {
  if (error instanceof AppError) {
    const { name, message, stack, code, details } = error;
    return { name, message, stack, code, details, causes: causesOf(error) };
  }
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { name, message, stack, causes: causesOf(error) };
}

function revive(failed: Failed): Error {
  // An error loses its cause on its way between threads: what it says goes with it as text.
  const inner = failed.causes.reduceRight<Error | undefined>((cause, text) => new Error(text, { cause }), undefined);
  const cause = new Error(failed.message, inner ? { cause: inner } : {});
  if (failed.stack) cause.stack = failed.stack;
  return failed.code
    ? new AppError(failed.code, failed.message, { cause, ...(failed.details ? { details: failed.details } : {}) })
    : cause;
}
