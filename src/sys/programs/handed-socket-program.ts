import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { linesOf } from '../network/sockets.ts';
import { OWN_PROGRAM_ENV } from './exec.ts';

const PATIENCE_MS = 20_000;
const LINE_BYTES = 64 << 10;
/** It holds little, whatever it serves. */
const SMALL = ['--max-semi-space-size=4', '--max-old-space-size=96'];

/** A program of our own that has taken over a socket. */
export interface SocketProgram extends AsyncDisposable {
  /** Its first line. Undefined where it has ended without one, or says nothing for long. */
  firstLine: string | undefined;
  ended: Promise<void>;
  pid: number | undefined;
}

/**
 * Starts one of our own programs with a socket as its descriptor 3, which is its own from then on. It can gain no rights, and where memory
 * runs short the kernel ends it before others; it is ended with the signal that it cannot ignore.
 */
export async function startWithSocket(program: string, order: object, socket: Socket): Promise<SocketProgram> {
  const node = [process.execPath, ...SMALL, program, JSON.stringify(order)];
  const [command = '', ...args] = ['choom', '-n', '1000', '--', 'setpriv', '--no-new-privs', '--', ...node];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore', socket], env: OWN_PROGRAM_ENV });
  const ended = once(child, 'close').then(
    () => undefined,
    () => undefined,
  );
  socket.destroy();
  child.stdin?.on('error', () => undefined);
  return {
    firstLine: await Promise.race([firstLine(child), ended.then(() => undefined)]),
    ended,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<string | undefined> {
  const late = AbortSignal.timeout(PATIENCE_MS);
  const lines = linesOf(stdout as unknown as AsyncIterable<Buffer>, LINE_BYTES)[Symbol.asyncIterator]();
  const line = await Promise.race([lines.next(), once(late, 'abort').then(() => undefined)]);
  return typeof line?.value === 'string' ? line.value : undefined;
}
