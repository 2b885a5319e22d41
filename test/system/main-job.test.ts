import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { ERRORS } from '../../src/lib/errors.ts';

test('the main job: a project becomes a machine whose access follows its version, and an update replaces it', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const hostBefore = job.network.hostState();
  const fingerprint = await job.makeProject();
  await job.setQuarantine();
  const first = await job.addVersion('1.0');
  await job.require('1.0');
  await job.serve();
  const full = await job.build('office-1', 'full');

  await t.test('a package is installed only by whoever knows its project', async () => {
    const wrong = await job.install(full, '--fingerprint', 'f'.repeat(64), '--json');
    assert.notEqual(wrong.status, 0);
    assert.match(JSON.parse(wrong.stdout).error.code, /^TRUST_/);
    assert.equal((await job.install(full, '--fingerprint', fingerprint)).status, 0);
  });

  await t.test('a machine that has reported no version reaches the update server alone', async () => {
    await job.startMachine();
    const { access, message } = await job.status();
    assert.deepEqual(await job.reached(), ['update']);
    assert.equal(access, 'restricted');
    assert.match(message ?? '', /not up to date/);
  });

  await t.test('nq-set refuses what is no version, and -n changes nothing', async () => {
    assert.equal((await job.nqSet('0x00000000')).status, 1);
    assert.equal((await job.nqSet('“nonsense”')).status, 1);
    assert.equal((await job.nqSet(`-n ${first}`)).status, 0);
    assert.deepEqual(await job.reached(), ['update']);
  });

  await t.test('once nq-set has returned, normal access is there', async () => {
    assert.equal((await job.nqSet(first)).status, 0);
    assert.deepEqual(await job.reached(), ['update', 'intranet']);
  });

  const second = await job.addVersion('1.1');
  const third = await job.addVersion('1.2');

  await t.test('a newer version that is demanded takes normal access away within the look-up interval', async () => {
    await job.require('1.1');
    await job.until('restricted');
    assert.deepEqual(await job.reached(), ['update']);
  });

  await t.test('versions are reported in their order', async () => {
    const { status, output } = await job.nqSet(third);
    assert.equal(status, 1);
    assert.match(output, /next is 1\.1/);
    assert.deepEqual(await job.reached(), ['update']);
    assert.equal((await job.nqSet(second)).status, 0);
    assert.deepEqual(await job.reached(), ['update', 'intranet']);
    assert.match((await job.status()).message ?? '', /newer version/);
  });

  await t.test(
    'a service that is asked to end does so at once; its machine runs on, and the next one finds it',
    async () => {
      await job.computer.stopService('SIGTERM');
      assert.deepEqual(await job.reached(), ['update', 'intranet']);
      await job.computer.startService();
      assert.equal((await job.status()).state, 'running');
      assert.equal((await job.nqSet(second)).status, 0);
    },
  );

  await t.test('a look-up that finds nothing on its server fails, says why, and status says since when', async () => {
    const metadata = join(job.computer.project, 'published/policies/metadata');
    renameSync(metadata, `${metadata}-away`);
    const { status, stderr } = await job.computer.lazaret('look-up', job.vm);
    assert.equal(status, ERRORS.STORE_UNREACHABLE.exit);
    assert.match(stderr, /the policy could not be looked up: .*404/);
    assert.match(
      (await job.computer.lazaret('status', job.vm)).stdout,
      /look-ups +fail since .*404.* \(STORE_UNREACHABLE\)/,
    );
    renameSync(`${metadata}-away`, metadata);
    await job.lookUp();
    assert.doesNotMatch((await job.computer.lazaret('status', job.vm)).stdout, /look-ups/);
  });

  await t.test('a refusal and a permission can be explained', async () => {
    assert.equal((await job.explain('intranet.lab.test:80')).allowed, true);
    assert.equal((await job.explain('10.88.30.2:80')).allowed, false);
    while (!(await job.eventKinds()).includes('refused')) await sleep(100);
    const { stdout } = await job.computer.lazaret('events', '--last', '1000');
    assert.match(stdout, /refused 10\.88\.30\.2:80 tcp, by: whitelist: not listed/);
  });

  await t.test('an update package replaces the machine and brings its version', async () => {
    await job.changeOwnCopy(`echo 2 >/etc/release-number && nq-set ${third}`);
    const update = await job.build('office-2', 'update');
    assert.equal((await job.guest('cat /etc/release-number')).output, '1');
    assert.equal((await job.install(update, '--yes')).status, 0);
    // What is in its memory is the former system’s: its next start could not go on with it.
    const { error } = JSON.parse((await job.computer.lazaret('suspend', job.vm, '--json')).stdout);
    assert.equal(error.code, 'SUSPEND_IMPOSSIBLE');
    assert.match(error.reason, /its next start uses another system, generation 2/);
    assert.equal((await job.guest('cat /etc/release-number')).output, '1', 'it runs on');
    await job.stopMachine();
    await job.startMachine();
    assert.equal((await job.guest('cat /etc/release-number')).output, '2');
    assert.deepEqual(await job.reached(), ['update', 'intranet']);
    assert.equal((await job.status()).version, '1.2');
    assert.ok(update.blobBytes < full.blobBytes / 2, `${update.blobBytes} of ${full.blobBytes} bytes`);
  });

  await t.test('after the machine has stopped, its computer’s network is as it was', async () => {
    await job.stopMachine();
    assert.equal(job.network.hostState(), hostBefore);
  });
});
