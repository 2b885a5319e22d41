import assert from 'node:assert/strict';
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { Qmp } from '../../src/vm/qmp.ts';

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
  const programs = join(job.computer.folder, 'programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'systemctl'), '#!/bin/sh\necho stopping; exit 1\n', { mode: 0o755 });
  await job.computer.startService({ PATH: `${programs}:${process.env['PATH']}` });
  await job.startMachine();

  await job.computer.stopService();
  await job.computer.startService();

  assert.equal((await job.status()).state, 'stopped');
  assert.match((await job.computer.lazaret('events')).stdout, /stopped: its guest shut down/);
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
