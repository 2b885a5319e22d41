import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { askUnix } from '../../src/sys/http/http-client.ts';
import { type Figure, median } from '../table.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin');
const ROUNDS = 100;

/** What `status` takes of many machines of which one is damaged, against the same without, measured in turns. */
export async function statusFigure(folder: string, state: string, machines: readonly string[]): Promise<Figure> {
  const socket = join(folder, 'lazaretd.sock');
  const where = ['--state', state, '--run', folder, '--accel', 'tcg'];
  const service = spawn(join(BIN, 'lazaretd'), where, { stdio: 'ignore' });
  const ended = once(service, 'exit');
  try {
    while (!existsSync(socket)) {
      if (service.exitCode !== null) throw new Error('the service ended');
      await pause(20);
    }
    // Whose it is can still be read: one of nobody is shown to root alone.
    const file = join(state, 'instances', machines[0] ?? '', 'current');
    const took = { whole: [] as number[], damaged: [] as number[] };
    for (let round = -10; round < ROUNDS; round += 1) {
      const whole = await status(socket, 0);
      renameSync(file, `${file}.away`);
      const damaged = await status(socket, 1);
      renameSync(`${file}.away`, file);
      // The first rounds warm the caches of both.
      if (round < 0) continue;
      took.whole.push(whole);
      took.damaged.push(damaged);
    }
    const ratio = median(took.damaged) / median(took.whole);
    return {
      what: `\`status\` of ${machines.length} machines, one of them damaged, against none`,
      measured: `${ratio.toFixed(2)} (${median(took.damaged).toFixed(1)} to ${median(took.whole).toFixed(1)} ms, n = ${ROUNDS})`,
      target: '≤ 1.1',
      met: ratio <= 1.1,
    };
  } finally {
    service.kill('SIGTERM');
    await ended;
  }
}

async function status(socket: string, damaged: number): Promise<number> {
  const began = performance.now();
  const { lines } = await askUnix(socket, { method: 'GET', path: '/v1/status' });
  for await (const line of lines) {
    const { machines }: { machines?: { state: string }[] } = Object(line);
    if (machines?.filter(({ state }) => state === 'damaged').length !== damaged) throw new Error('not what was meant');
  }
  return performance.now() - began;
}
