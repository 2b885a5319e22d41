import { type ChildProcess, spawn } from 'node:child_process';
import { Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../lib/errors.ts';
import type { RelaySockets } from '../names/name-relay.ts';
import { OWN_PROGRAM_ENV } from '../programs/exec.ts';

const BINDER = fileURLToPath(new URL('./bind-program.ts', import.meta.url));
const PATIENCE_MS = 20_000;

/**
 * Opens sockets for questions by UDP and TCP in the network namespace that `enter` leads to. They are ours: a socket
 * stays where it was opened, whoever holds it.
 * @throws NETWORK_FAILED
 */
export function openSocketsInside(enter: readonly string[], address: string, port: number): Promise<RelaySockets> {
  return openInside(enter, [address, `${port}`, 'udp', 'tcp'], ({ udp, tcp }) => udp && tcp && { udp, tcp });
}

/** The same for connections alone. @throws NETWORK_FAILED */
export function openSocketInside(enter: readonly string[], address: string, port: number): Promise<Server> {
  return openInside(enter, [address, `${port}`, 'tcp'], ({ tcp }) => tcp);
}

async function openInside<T>(
  enter: readonly string[],
  wanted: readonly string[],
  whole: (found: Partial<RelaySockets>) => T | undefined,
): Promise<T> {
  const [program = process.execPath, ...words] = [...enter, process.execPath, BINDER, ...wanted];
  const binder = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: OWN_PROGRAM_ENV });
  let said = '';
  binder.stderr?.on('data', (data) => {
    said = `${said}${data}`.slice(0, 2000);
  });
  const ended = once(binder, 'close', { signal: AbortSignal.timeout(PATIENCE_MS) });
  try {
    const sockets = await Promise.race([handedBy(binder, whole), ended.then(() => undefined)]);
    if (!sockets) throw new Error(said.trim() || 'it ended without a word');
    binder.kill();
    await ended;
    return sockets;
  } catch (cause) {
    binder.kill('SIGKILL');
    const why = cause instanceof Error ? cause.message : '';
    throw new AppError('NETWORK_FAILED', `cannot listen on ${wanted.join(' ')}: ${why}`, { cause });
  }
}

function handedBy<T>(binder: ChildProcess, whole: (found: Partial<RelaySockets>) => T | undefined): Promise<T> {
  const found: Partial<RelaySockets> = {};
  return new Promise((resolve) => {
    binder.on('message', (_, handle) => {
      if (handle instanceof DatagramSocket) found.udp = handle;
      if (handle instanceof Server) found.tcp = handle;
      const all = whole(found);
      if (all !== undefined) resolve(all);
    });
  });
}
