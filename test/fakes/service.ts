import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { scriptOf } from '../../lab/programs.ts';
import { scratch } from './made-project.ts';

/** A service in this environment, and its user’s command line. */
export async function service(t: TestContext, environment: Record<string, string>, ...options: string[]) {
  const folder = scratch(t);
  const [state, run] = [join(folder, 'state'), join(folder, 'run')];
  const socket = join(run, 'lazaretd.sock');
  const args = [scriptOf('lazaretd'), '--state', state, '--run', run, '--accel', 'tcg', ...options];
  const child = spawn(process.execPath, args, { stdio: 'ignore', env: { ...process.env, ...environment } });
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  while (!existsSync(socket) && child.exitCode === null) await sleep(20);
  const lazaret = (...words: string[]) =>
    new Promise<{ status: number; output: string }>((resolve) => {
      execFile(process.execPath, [scriptOf('lazaret'), '--socket', socket, ...words], (error, stdout, stderr) =>
        resolve({ status: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr }),
      );
    });
  const end = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { lazaret, state, end };
}
