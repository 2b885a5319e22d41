import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const MOST_ROUNDS = 100;

/**
 * How many bytes this process holds when its garbage is collected, again and again until these are at most `enough`: what is let go of is
 * counted until another thread has put it away, in its own time.
 */
export async function keptBytes(enough: number): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  for (let round = 1; ; round += 1) {
    collect();
    await sleep(5);
    const { heapUsed, external } = process.memoryUsage();
    if (heapUsed + external <= enough || round === MOST_ROUNDS) return heapUsed + external;
  }
}
