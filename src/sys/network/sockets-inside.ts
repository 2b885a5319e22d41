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
export async function openSocketsInside(
  enter: readonly string[],
  address: string,
  port: number,
): Promise<RelaySockets> {
  const [program = process.execPath, ...words] = [...enter, process.execPath, BINDER, address, `${port}`];
  const binder = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: OWN_PROGRAM_ENV });
  let said = '';
  binder.stderr?.on('data', (data) => {
    said = `${said}${data}`.slice(0, 2000);
  });
  const ended = once(binder, 'close', { signal: AbortSignal.timeout(PATIENCE_MS) });
  try {
    const sockets = await Promise.race([handedBy(binder), ended.then(() => undefined)]);
    if (!sockets) throw new Error(said.trim() || 'it ended without a word');
    binder.kill();
    await ended;
    return sockets;
  } catch (cause) {
    binder.kill('SIGKILL');
    const why = cause instanceof Error ? cause.message : '';
    throw new AppError('NETWORK_FAILED', `cannot listen on ${address} port ${port} for names: ${why}`, { cause });
  }
}

function handedBy(binder: ChildProcess): Promise<RelaySockets> {
  const found: Partial<RelaySockets> = {};
  return new Promise((resolve) => {
    binder.on('message', (_, handle) => {
      if (handle instanceof DatagramSocket) found.udp = handle;
      if (handle instanceof Server) found.tcp = handle;
      if (found.udp && found.tcp) resolve({ udp: found.udp, tcp: found.tcp });
    });
  });
}
