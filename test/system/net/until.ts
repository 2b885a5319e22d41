import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds; fails after half a minute, or the given time. */
export async function until(holds: () => boolean | Promise<boolean>, patienceMs = 30_000): Promise<void> {
  for (let waited = 0; !(await holds()); waited += 10) {
    if (waited > patienceMs) throw new Error('what the test waits for did not come');
    await sleep(10);
  }
}
