import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { MainJob } from '../../lab/main-job.ts';
import { count, countsOn, filesOf, goesOn, stateOf, suspend } from './counting-machine.ts';
import { stoppedIn } from './stopped-in.ts';

/** Kills the service at each step of suspending a machine that counts, and of its going on. */
export async function killedAtEachStep(t: TestContext, job: MainJob, password?: string): Promise<void> {
  let before = await count(job);
  const killedIn = async (what: string, step: string) => {
    assert.equal(await stoppedIn(job, what, step, password === undefined ? {} : { password }), 'SIGKILL', step);
    await job.computer.startService();
  };

  for (const [step, state] of [
    ['at rest', 'running'],
    ['memory', 'running'],
    ['suspended', 'suspended'],
  ] as const)
    await t.test(`suspending, after “${step}”`, async () => {
      await killedIn('suspend', step);
      assert.equal(await stateOf(job), state);
      if (state === 'suspended') await goesOn(job, before, password);
      else await countsOn(job, before);
      before = await count(job);
    });

  for (const [step, state] of [
    ['loaded', 'suspended'],
    ['recorded', 'suspended'],
    ['spent', 'running'],
    ['going', 'running'],
  ] as const)
    await t.test(`going on, after “${step}”`, async () => {
      before = await suspend(job);
      await killedIn('start', step);
      assert.equal(await stateOf(job), state);
      if (state === 'suspended') await goesOn(job, before, password);
      else await countsOn(job, before);
    });

  await t.test('nothing of it stays behind', async () => {
    await suspend(job);
    await goesOn(job, before, password);
    assert.deepEqual(filesOf(job, 'generations/*/{suspended.json,memory.zst}'), []);
  });
}
