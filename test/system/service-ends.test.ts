import assert from 'node:assert/strict';
import { globSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { Qmp } from '../../src/vm/qmp.ts';
import { count, counting, countsOn, fileOf, stateOf, suspend } from '../fakes/counting-machine.ts';
import { endingComputer } from '../fakes/ending-computer.ts';

test('a service that ends keeps the former system that a machine still runs, and the next one takes it over', {
  skip: whyNoNetwork(),
}, async () => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  assert.equal((await job.install(await job.build('two', 'full', '--force'), '--yes')).status, 0);

  await job.computer.stopService();
  await job.computer.startService();

  const { state, generation } = await job.status();
  assert.deepEqual([state, generation], ['running', 1]);
  await job.stopMachine();
  assert.equal((await job.status()).generation, 2);
});

test('a service that ends with its computer shuts its machines down first', { skip: whyNoNetwork() }, async () => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.computer.stopService();
  await job.computer.startService(endingComputer(job));
  await job.startMachine();

  await job.computer.stopService();
  await job.computer.startService();

  assert.equal((await job.status()).state, 'stopped');
  assert.match((await job.computer.lazaret('events')).stdout, /stopped: its guest shut down/);
});

test('told to suspend them, a service that ends with its computer leaves machines that come back by themselves', {
  skip: whyNoNetwork(),
}, async () => {
  await using job = await counting();
  const before = await count(job);
  await job.computer.stopService();
  const ending = endingComputer(job);
  await job.computer.startService(ending, '--suspend-all');
  await job.computer.stopService();
  assert.ok(fileOf(job, 'generations/1/suspended.json'));

  await job.computer.startService();

  while ((await stateOf(job)) !== 'running') await sleep(100);
  await countsOn(job, before);
  await suspend(job);
  await job.computer.stopService();
  await job.computer.startService();
  assert.equal(await stateOf(job), 'suspended', 'what its user suspended waits for him');
});

test('a service that is killed while it starts a machine leaves none that stands still', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  const record = () => globSync(join(job.computer.folder, '**', 'machine.json'))[0] ?? assert.fail('no record');

  await t.test('killed before the guest was set going: the next service does that', async () => {
    await job.computer.stopService('SIGKILL');
    const qmp = await Qmp.connect(join(dirname(record()), 's', 'qmp'));
    await qmp.execute('stop');
    await qmp[Symbol.asyncDispose]();

    await job.computer.startService();

    assert.equal((await job.guest('true')).status, 0);
  });

  await t.test('killed before there was a record: its QEMU is ended, and the machine starts again', async () => {
    await job.computer.stopService('SIGKILL');
    rmSync(record());

    await job.computer.startService();

    assert.equal((await job.status()).state, 'stopped');
    await job.startMachine();
    await job.stopMachine();
  });
});
