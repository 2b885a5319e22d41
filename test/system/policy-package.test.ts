import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';

test('a policy package holds for a running machine at once; an update waits for its next start', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  const full = await job.build('one', 'full');
  assert.equal((await job.install(full, '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  assert.ok((await job.reached()).includes('intranet'));

  await t.test('once the installation has returned, the new list is in force', async () => {
    const list = ['--type', 'static', '--mode', 'whitelist', '--normal', 'update.lab.test'];
    assert.equal((await job.computer.manager('nq', 'set', job.vm, ...list)).status, 0);
    const { status, stdout, stderr } = await job.install(await job.build('two', 'policy'));
    assert.equal(status, 0, stderr);
    assert.match(stdout, /policy of office: quarantine holds at once/);
    assert.deepEqual(await job.reached(), ['update']);
  });

  await t.test('an update leaves the running guest as it is, and the user can go back afterwards', async () => {
    await job.changeOwnCopy('echo 2 >/etc/release-number');
    const release = async () => (await job.guest('cat /etc/release-number')).output;
    const { status, stdout } = await job.install(await job.build('three', 'update'), '--yes', '--keep-old');
    assert.equal(status, 0);
    assert.match(stdout, /takes effect at its next start/);
    assert.equal(await release(), '1');
    const shown = async () => (await job.computer.lazaret('status', job.vm)).stdout;
    assert.match(await shown(), /waiting +generation \d+ is installed: stop the machine and start it to use it/);
    await job.stopMachine();
    await job.startMachine();
    assert.doesNotMatch(await shown(), /waiting/);
    assert.equal(await release(), '2');
    assert.equal((await job.computer.lazaret('rollback', job.vm)).status, 0);
    assert.equal(await release(), '2', 'a roll back waits for the next start too');
    await job.stopMachine();
    await job.startMachine();
    assert.equal(await release(), '1');
    assert.deepEqual(await job.reached(), ['update'], 'the policy did not go back with the disk');
    await job.stopMachine();
  });
});
