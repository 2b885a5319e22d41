import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';

test('an update keeps what the user wrote on the data disk; a release that does not come up takes itself back', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const policy = join(job.computer.project, 'vms', job.vm, 'policy.yaml');
  const fingerprint = await job.makeProject('--data-disk', '64M');
  appendFileSync(policy, 'updates: { healthTimeout: 10m }\n');
  const full = await job.build('one', 'full');
  assert.equal((await job.install(full, '--fingerprint', fingerprint)).status, 0);
  const release = async () => (await job.guest('cat /etc/release-number')).output;

  await t.test('the user writes a file to the data disk, which is the guest’s second', async () => {
    await job.startMachine();
    const { status, output } = await job.guest('mke2fs /dev/vdb >/dev/null && mount /dev/vdb /mnt');
    assert.equal(status, 0, output);
    await job.guest('echo precious >/mnt/mine; sync; umount /mnt');
    await job.stopMachine();
  });

  await t.test('the update does not ask, for nothing of the user’s is lost; the guest proves itself', async () => {
    await job.changeOwnCopy('echo 2 >/etc/release-number');
    assert.equal((await job.install(await job.build('two', 'update'))).status, 0);
    assert.equal((await job.status()).former, 1);
    await job.startMachine();
    assert.equal(await release(), '2');
    assert.equal((await job.guest('mount /dev/vdb /mnt && cat /mnt/mine')).output, 'precious');
    await job.guest('umount /mnt');
    await until(async () => (await job.eventKinds()).includes('healthy'));
    assert.equal((await job.status()).former, undefined, 'nothing to go back to is kept any longer');
  });

  await t.test('a release whose guest says nothing is given up, and the next start takes the one before', async () => {
    await job.changeOwnCopy('echo 3 >/etc/release-number; sed -i /--hello/d /sbin/init');
    writeFileSync(policy, readFileSync(policy, 'utf8').replace('10m', '2s'));
    assert.equal((await job.install(await job.build('three', 'update'))).status, 0);
    const { generation, waiting } = await job.status();
    assert.deepEqual([generation, waiting], [2, 3], 'it is told what waits for the next start');
    assert.match((await job.computer.lazaret('status', job.vm)).stdout, /waiting +generation 3 /);
    await job.stopMachine();
    await job.startMachine();
    assert.equal((await job.status()).waiting, undefined);
    assert.equal(await release(), '3');
    await until(async () => (await job.eventKinds()).includes('unhealthy'));
    await job.stopMachine();

    await job.startMachine();

    assert.equal(await release(), '2');
    assert.equal((await job.guest('mount /dev/vdb /mnt && cat /mnt/mine')).output, 'precious');
    assert.deepEqual((await job.eventKinds()).slice(-2), ['rolled-back', 'started']);
    await job.stopMachine();
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(100);
}
