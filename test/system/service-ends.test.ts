import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';

test('a service that ends keeps the former system that a machine still runs, and the next one takes it over', {
  skip: whyNoNetwork(),
}, async () => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  assert.equal((await job.install(await job.build('two', 'full'), '--yes')).status, 0);

  await job.computer.stopService();
  await job.computer.startService();

  const { state, generation } = await job.status();
  assert.deepEqual([state, generation], ['running', 1]);
  await job.stopMachine();
  assert.equal((await job.status()).generation, 2);
});
