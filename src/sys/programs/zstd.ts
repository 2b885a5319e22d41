import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { AppError, systemCode } from '../../lib/errors.ts';
import type { Socket } from '../network/sockets.ts';
import { endingWithUs } from './ending-with-us.ts';
import { hasProgram, PROGRAM_ENV } from './exec.ts';
import { isDiskFull } from './qemu-img.ts';
import { usualThreads } from './threads.ts';

/** What waits for it is waiting: the quickest level, on the processors that work of ours takes. It adds a checksum, by which damage is seen. */
export const PACKING = ['-1', `-T${usualThreads()}`];
/** What that level has packed is unpacked in half a MiB; what asks for more than this was not packed by it. */
export const UNPACKING = ['-d', '-M8MiB'];

/** Asked before a machine is touched for it. @throws PROGRAM_MISSING */
export function requireZstd(): void {
  if (!hasProgram('zstd')) throw new AppError('PROGRAM_MISSING', 'zstd is not installed');
}

/** What it reads or writes: an open file; a socket, which is its own from then on; or what is passed to it here. */
type End = number | Socket | 'pipe';

interface Ends {
  from: End;
  to: End;
  signal: AbortSignal;
}

interface Zstd extends AsyncDisposable {
  /** @throws DISK_FULL, PROGRAM_MISSING, PROGRAM_FAILED: that too where it was called off */
  ended: Promise<void>;
  input: Writable | null;
  output: Readable | null;
}

/**
 * Runs zstd between two ends. A program of its own, because Node's packs with one thread, and because what passes from one descriptor to
 * another need not pass through us. Calling it off, and disposing of it, end it.
 */
export function startZstd(args: readonly string[], { from, to, signal }: Ends): Zstd {
  // Nothing is saved for a service that is there no more.
  const [program = '', ...words] = endingWithUs(['zstd', '-q', '-c', ...args]);
  const child = spawn(program, words, { stdio: [from, to, 'pipe'], env: PROGRAM_ENV });
  for (const end of [from, to]) if (typeof end === 'object') end.destroy();
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  const ended = endOf(child).finally(() => signal.removeEventListener('abort', kill));
  ended.catch(() => undefined);
  return {
    ended,
    input: child.stdin,
    output: child.stdout,
    async [Symbol.asyncDispose]() {
      kill();
      await ended.catch(() => undefined);
    },
  };
}

async function endOf(child: ReturnType<typeof spawn>): Promise<void> {
  const said = child.stderr ? text(child.stderr) : '';
  const [status, signal] = await once(child, 'close').catch((cause: unknown) => {
    if (systemCode(cause) !== 'ENOENT') throw cause;
    throw new AppError('PROGRAM_MISSING', 'setpriv is not installed', { cause });
  });
  if (status === 0) return;
  const why = (await said).trim().slice(-2000) || `ended with ${status ?? signal}`;
  if (status === 127) throw new AppError('PROGRAM_MISSING', `zstd is not installed: ${why}`);
  const failure = new AppError('PROGRAM_FAILED', `zstd: ${why}`);
  throw isDiskFull(failure) ? new AppError('DISK_FULL', 'the disk is full', { cause: failure }) : failure;
}
