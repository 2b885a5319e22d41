import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { AppError } from '../../lib/errors.ts';
import { PROGRAM_ENV } from '../programs/exec.ts';

/** Printed by the holder once it has the lock; its exit status when another has it. */
const HELD = 'held';
const TAKEN = 75;

/**
 * Takes a lock on a file until it is disposed of or this process ends, however it ends: a child holds it and
 * ends with our end of its pipe. Returns undefined when another process has the lock.
 * @throws PROGRAM_MISSING
 */
export async function takeLock(path: string): Promise<AsyncDisposable | undefined> {
  const args = [
    '--nonblock',
    '--conflict-exit-code',
    `${TAKEN}`,
    '--no-fork',
    path,
    'sh',
    '-c',
    `echo ${HELD}; exec cat`,
  ];
  const holder = spawn('flock', args, { stdio: ['pipe', 'pipe', 'ignore'], env: PROGRAM_ENV, detached: true });
  holder.stdin.on('error', () => undefined);
  const ended = once(holder, 'exit').then(
    ([status]) => Number(status ?? -1),
    (cause: unknown) => {
      throw new AppError('PROGRAM_MISSING', 'flock is not installed', { cause });
    },
  );
  const answer = await Promise.race([once(holder.stdout, 'data').then(() => HELD), ended]);
  if (answer === TAKEN) return undefined;
  if (answer !== HELD) throw new AppError('FILE_DENIED', `cannot lock ${path}`, { details: { path } });
  return {
    async [Symbol.asyncDispose]() {
      holder.stdin.end();
      await ended;
    },
  };
}
