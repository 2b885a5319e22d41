import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended } from '../../lab/computer.ts';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';

const codeOf = ({ stdout }: Ended) => JSON.parse(stdout).error?.code;
const folders = ({ computer }: MainJob) => ['state', 'run'].map((name) => join(computer.folder, name));

test('a machine that ran and all of Lazaret are uninstalled, and the computer’s network is as before', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const { computer } = job;
  const before = job.network.hostState();
  const fingerprint = await job.makeProject();
  const built = await job.build('one', 'full');
  assert.equal((await job.install(built, '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();

  await t.test('nothing that runs is removed, and nothing without being asked for', async () => {
    assert.notEqual(job.network.hostState(), before, 'a running machine can be seen');
    assert.equal(codeOf(await computer.lazaret('uninstall', 'office', '--yes', '--json')), 'VM_RUNNING');
    assert.equal(codeOf(await computer.uninstall('--yes', '--json')), 'DAEMON_BUSY');
    await computer.stopService();
    assert.equal(codeOf(await computer.uninstall('--yes', '--json')), 'VM_RUNNING');
    await computer.startService();
    assert.equal((await job.guest('true')).status, 0, 'it runs all the same');
    await job.stopMachine();
    assert.equal(codeOf(await computer.lazaret('uninstall', 'office', '--json')), 'UNINSTALL_CONFIRM');
    assert.equal((await job.status()).state, 'stopped');
  });

  await t.test('a machine is removed with its layers; its project is still known', async () => {
    assert.equal(codeOf(await computer.lazaret('uninstall', 'office', 'other', '--yes', '--json')), 'VM_UNKNOWN');
    assert.equal((await computer.lazaret('uninstall', 'office', '--yes')).status, 0);
    assert.deepEqual(JSON.parse((await computer.lazaret('list', '--json')).stdout), []);
    assert.deepEqual(globSync('state/{layers,instances}/*', { cwd: computer.folder }), []);
    assert.ok((await job.eventKinds()).includes('uninstalled'));
    assert.equal((await job.install(built)).status, 0, 'the fingerprint is not asked for again');
  });

  await t.test('without a service, all of it is', async () => {
    await computer.stopService();
    assert.equal(codeOf(await computer.uninstall('--json')), 'UNINSTALL_CONFIRM');
    assert.equal((await computer.uninstall('--yes')).status, 0);
    assert.deepEqual(folders(job).filter(existsSync), []);
    assert.equal(job.network.hostState(), before);
    assert.equal((await computer.uninstall('--json')).status, 0, 'where nothing is, nothing is to be done');
  });

  await t.test('and another project may come', async () => {
    await computer.startService();
    assert.equal(codeOf(await job.install(built, '--json')), 'TRUST_CONFIRM');
  });
});

test('what a killed service and a killed machine left on the computer goes with an uninstallation', {
  skip: whyNoNetwork(),
}, async () => {
  await using job = await MainJob.start();
  const { computer } = job;
  const before = job.network.hostState();
  const fingerprint = await job.makeProject();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  const [record = ''] = globSync(join(computer.folder, 'run', '*', 'machine.json'));
  const { pid } = JSON.parse(readFileSync(record, 'utf8')).qemu;
  await computer.stopService('SIGKILL');
  process.kill(pid, 'SIGKILL');
  while (existsSync(`/proc/${pid}/fd/0`)) await sleep(20);
  assert.match(job.network.hostState(), /table inet lazaret_host/);

  assert.equal((await computer.uninstall('--yes')).status, 0);

  assert.equal(job.network.hostState(), before);
  assert.deepEqual(folders(job).filter(existsSync), []);
});
