import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const BIN = join(import.meta.dirname, '..', '..', 'bin');

/** How long `lazaret plan` takes as a user runs it, with a service of its own on an empty state; in milliseconds. */
export async function planAsUser(
  folder: string,
  source: string,
  fingerprint: string,
  rounds: number,
): Promise<number[]> {
  const socket = join(folder, 'run', 'lazaretd.sock');
  const where = ['--state', join(folder, 'state'), '--run', join(folder, 'run'), '--accel', 'tcg'];
  const service = spawn(join(BIN, 'lazaretd'), where, { stdio: 'ignore' });
  const ended = once(service, 'exit');
  try {
    while (!existsSync(socket)) {
      if (service.exitCode !== null) throw new Error('the service ended');
      await pause(20);
    }
    const plan = () => {
      const began = performance.now();
      const words = ['--socket', socket, 'plan', source, '--fingerprint', fingerprint];
      execFileSync(join(BIN, 'lazaret'), words, { stdio: 'ignore' });
      return performance.now() - began;
    };
    plan();
    return Array.from({ length: rounds }, plan);
  } finally {
    service.kill('SIGTERM');
    await ended;
  }
}
