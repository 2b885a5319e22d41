import assert from 'node:assert/strict';
import { cpSync, globSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { fill, makeRoom, smallDisk } from '../fakes/small-disk.ts';

const MIB = 1 << 20;
const DISK_BYTES = 192 * MIB;
const skip = whyNoNetwork();

/** A computer whose machine has a data disk, and whose state lies on a small disk of its own. */
async function onSmallDisk(t: TestContext, job: MainJob): Promise<{ disk: string; first: string }> {
  const fingerprint = await job.makeProject('--data-disk', '1G');
  await job.setQuarantine();
  const first = await job.addVersion('1.0');
  await job.addVersion('1.1');
  await job.require('1.0');
  await job.serve();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.computer.stopService();
  const disk = await smallDisk(t, DISK_BYTES);
  const state = join(job.computer.folder, 'state');
  cpSync(state, join(disk, 'state'), { recursive: true, verbatimSymlinks: true });
  rmSync(state, { recursive: true });
  symlinkSync(join(disk, 'state'), state);
  await job.computer.startService();
  return { disk, first };
}

const record = (job: MainJob) => globSync(join(job.computer.folder, 'run', '*', 'machine.json'))[0] ?? assert.fail();

async function until(job: MainJob, state: string): Promise<void> {
  while ((await job.status()).state !== state) await sleep(200);
}

async function standstill(job: MainJob): Promise<string | undefined> {
  const { stands } = (await job.status()) as { stands?: { code: string } };
  return stands?.code;
}

test('a full disk: nothing is lost, nothing stands still for good, and policies are enforced', { skip }, async (t) => {
  await using job = await MainJob.start();
  const { disk, first } = await onSmallDisk(t, job);

  await t.test('a machine is started on it, is known, and boots once there is room', async () => {
    fill(disk);
    assert.equal((await job.computer.lazaret('start', job.vm)).status, 0);
    await until(job, 'paused');
    makeRoom(disk);
    await until(job, 'running');
    await job.connect();
    fill(disk);
  });

  await t.test('a version is not taken, because it cannot be kept', async () => {
    const { status } = await job.nqSet(first);
    assert.deepEqual([status, (await job.status()).access], [1, 'restricted']);
  });

  await t.test('a threshold that is deployed meanwhile is enforced', async () => {
    makeRoom(disk);
    assert.equal((await job.nqSet(first)).status, 0);
    fill(disk);
    await job.require('1.1');
    await job.until('restricted');
  });

  await t.test('a guest that writes stands still, and status says why', async () => {
    makeRoom(disk);
    await until(job, 'running');
    await job.guest(
      '(head -c 67108864 /dev/zero | tr "\\0" x >/dev/vdb && sync && echo whole >/tmp/written) >/dev/null 2>&1 &',
    );
    fill(disk);
    // It is tried again and again whether there is room: what one answer says is one moment.
    while ((await standstill(job)) !== 'VM_DISK_FULL') await sleep(200);
  });

  await t.test('the next service finds it so', async () => {
    await job.computer.stopService();
    await job.computer.startService();
    await until(job, 'paused');
  });

  await t.test('once there is room it goes on, and has lost nothing', async () => {
    makeRoom(disk);
    await until(job, 'running');
    assert.equal((await job.guest('while ! [ -e /tmp/written ]; do sleep 1; done; cat /tmp/written')).output, 'whole');
    const kinds = await job.eventKinds();
    assert.ok(kinds.includes('failed'), 'how many events could not be written');
    assert.ok(kinds.includes('resumed'));
  });

  await t.test('one that stands still is stopped without waiting for what it cannot do, and it is said', async () => {
    fill(disk);
    // Where it has written nothing yet, which takes room.
    await job.guest('(tr "\\0" y </dev/zero | dd of=/dev/vdb bs=64k seek=1600 count=64 && sync) >/dev/null 2>&1 &');
    await until(job, 'paused');
    const { status, stdout } = await job.computer.lazaret('stop', job.vm);
    assert.deepEqual(
      [status, /was powered off, because the guest stands still.*no room/.test(stdout)],
      [0, true],
      stdout,
    );
    makeRoom(disk);
  });
});

test('a QEMU that does not answer keeps the service from nothing else, and is taken over when it does', {
  skip,
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  const { pid } = JSON.parse(readFileSync(record(job), 'utf8')).qemu;
  await job.computer.stopService();
  process.kill(pid, 'SIGSTOP');
  t.after(() => statSync(`/proc/${pid}`, { throwIfNoEntry: false }) && process.kill(pid, 'SIGCONT'));

  await job.computer.startService();
  assert.equal((await job.status()).state, 'damaged');
  // It ends when it is asked to, or this throws.
  await job.computer.stopService();
  await job.computer.startService();
  process.kill(pid, 'SIGCONT');
  await until(job, 'running');

  assert.equal((await job.guest('true')).status, 0);
  await job.stopMachine();
});

test('a guest whose kernel panics is shown so until it restarts, and is not waited for when it does not', {
  skip,
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  const told = async () => (await job.computer.lazaret('events', '--last', '200')).stdout;

  await t.test('its kernel restarts it, as it is set up to', async () => {
    await job.guest('(sleep 1; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 &');
    while (!(await told()).includes('its guest has panicked')) await sleep(200);
    await job.connect();
    await until(job, 'running');
  });

  await t.test('one that stays so stands still, and is powered off at once', async () => {
    await job.guest('echo 0 >/proc/sys/kernel/panic; (sleep 1; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 &');
    await until(job, 'paused');
    const { status, stdout } = await job.computer.lazaret('stop', job.vm);
    assert.deepEqual(
      [status, /was powered off, because the guest stands still: its guest has panicked/.test(stdout)],
      [0, true],
    );
  });
});

test('what a guest makes QEMU say is bounded on this computer’s disk', { skip }, async () => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  const { pid } = JSON.parse(readFileSync(record(job), 'utf8')).qemu;
  const output = readFileSync(`/proc/${pid}/fdinfo/2`, 'utf8');
  assert.equal(
    Number(`0o${/flags:\s*(\d+)/.exec(output)?.[1]}`) & 0o4000,
    0o4000,
    'QEMU waits for nobody who reads it',
  );
  await job.stopMachine();

  const events = await job.computer.lazaret('events');
  assert.match(events.stdout, /stopped: its guest shut down/);
});
