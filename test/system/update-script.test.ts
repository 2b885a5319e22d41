import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';

test('a written updater brings a real guest from two versions behind to normal access', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  await job.setQuarantine({ interval: '10s' });
  const oldest = await job.addVersion('1.0');
  await job.addVersion('1.1');
  await job.addVersion('1.2');
  await job.require('1.2');
  await job.serve();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  const script = await job.updater('1.2', '--command', '1.1=echo 1.1 >>/root/log', 'echo 1.2 >>/root/log');

  await t.test('a guest that has no version yet is not one it knows: nothing is run', async () => {
    const { status, output } = await job.guest(script);
    assert.equal(status, 1);
    assert.match(output, /cannot be updated by this script/);
    assert.equal((await job.guest('cat /root/log 2>/dev/null')).output, '');
    assert.deepEqual(await job.reached(), ['update']);
  });

  await t.test('from two versions behind: both steps in order, then normal access', async () => {
    assert.equal((await job.nqSet(oldest)).status, 0);
    const { status, output } = await job.guest(script);
    assert.equal(status, 0, output);
    assert.equal((await job.guest('cat /root/log')).output, '1.1\n1.2');
    assert.deepEqual(await job.reached(), ['update', 'intranet']);
    assert.equal((await job.status()).version, '1.2');
  });

  await t.test('a second time it finds nothing to do', async () => {
    assert.equal((await job.guest(script)).status, 0);
    assert.equal((await job.guest('cat /root/log')).output, '1.1\n1.2');
  });
  await job.stopMachine();
});
