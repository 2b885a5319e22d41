import assert from 'node:assert/strict';
import { cpSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { count, counting, countsOn, filesOf, lazaret, stateOf } from '../fakes/counting-machine.ts';
import { fill, makeRoom, smallDisk } from '../fakes/small-disk.ts';
import { stoppedIn } from '../fakes/stopped-in.ts';

const skip = whyNoNetwork();
const ALLOWED = 'snapshots: { enabled: true, most: 2 }\n';
/** Room for the guest’s memory, and for what is installed. */
const DISK_BYTES = 400 << 20;

const names = async (job: MainJob) =>
  (await lazaret(job, 'snapshot', 'list', job.vm)).said.snapshots.map(({ name }: { name: string }) => name);
const eventsOf = async (job: MainJob) => (await job.computer.lazaret('events', '--last', '1000')).stdout;

test('of a machine that runs, memory, disks and version are kept as one state; it goes on, and later goes on there', {
  skip,
}, async (t) => {
  await using job = await counting(undefined, ALLOWED);
  const made = await job.guest(
    'mke2fs /dev/vdb >/dev/null 2>&1 && mount /dev/vdb /mnt && echo mine >/mnt/mine && sync',
  );
  assert.equal(made.status, 0, made.output);
  await job.guest('echo here >/tmp/in-memory; echo not yet written >/root/on-disk');
  const before = await count(job);
  const policy = readFileSync(join(job.computer.project, 'vms', job.vm, 'policy.yaml'), 'utf8');
  const descriptor = /0x[0-9a-f]{8}/i.exec(policy)?.[0] ?? '';

  await t.test('it is taken, and the machine goes on, with its network', async () => {
    const { status, said, error } = await lazaret(job, 'snapshot', 'take', job.vm, 'at work');
    assert.equal(status, 0, error?.reason);
    assert.deepEqual(
      said.snapshots.map(({ name, withMemory, isPresent }: Record<string, unknown>) => [name, withMemory, isPresent]),
      [['at work', true, true]],
    );
    assert.equal(await stateOf(job), 'running');
    await countsOn(job, before);
    assert.deepEqual(await job.reached(), ['update']);
    assert.deepEqual(filesOf(job, 'generations/*/{suspended.json,memory.zst}'), [], 'what was saved is the snapshot’s');
  });

  await t.test(
    'SNAPSHOT_TAKEN, SNAPSHOT_FULL: what can be said before is, and it never stands still for it',
    async () => {
      const suspensions = async () => (await eventsOf(job)).match(/suspended: its next start/g)?.length;
      const sofar = await suspensions();
      assert.equal((await lazaret(job, 'snapshot', 'take', job.vm, 'at work')).error.code, 'SNAPSHOT_TAKEN');
      const second = await lazaret(job, 'snapshot', 'take', job.vm, 'second');
      assert.equal(second.status, 0, second.error?.reason);
      assert.equal((await lazaret(job, 'snapshot', 'take', job.vm, 'third')).error.code, 'SNAPSHOT_FULL');
      assert.equal(await suspensions(), (sofar ?? 0) + 1, 'for the second alone');
      await job.connect();
    },
  );

  await t.test(
    'gone back to, it goes on there: memory, both disks, and its version, which is judged anew',
    async () => {
      assert.equal((await job.nqSet(descriptor)).status, 0);
      await job.until('normal');
      const later = await job.guest('rm /tmp/in-memory /root/on-disk /mnt/mine; echo 1000000 >/tmp/count; sync');
      assert.equal(later.status, 0, later.output);
      const unconfirmed = await lazaret(job, 'snapshot', 'revert', job.vm, 'at work');
      assert.equal(unconfirmed.error.code, 'SNAPSHOT_CONFIRM');
      assert.equal(await stateOf(job), 'running', 'nothing is done to it before');
      assert.equal((await lazaret(job, 'snapshot', 'revert', job.vm, 'at work', '--yes')).status, 0);
      assert.equal(await stateOf(job), 'running');
      await job.until('restricted');
      await countsOn(job, before);
      const seen = await job.guest('cat /tmp/in-memory /root/on-disk /mnt/mine');
      assert.match(seen.output, /here\s+not yet written\s+mine/);
      assert.deepEqual(await job.reached(), ['update']);
    },
  );

  await t.test('where its disk has no room for its memory, that is said before, and it runs on', async (sub) => {
    assert.equal((await lazaret(job, 'snapshot', 'remove', job.vm, 'second', '--yes')).status, 0);
    const now = await count(job);
    await job.computer.stopService();
    const state = join(job.computer.folder, 'state');
    const disk = await smallDisk(sub, DISK_BYTES);
    cpSync(state, join(disk, 'state'), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    renameSync(state, `${state}-runs`);
    symlinkSync(join(disk, 'state'), state);
    await job.computer.startService();
    fill(disk);
    const { error } = await lazaret(job, 'snapshot', 'take', job.vm, 'no room');
    assert.equal(error.code, 'DISK_FULL');
    assert.match(error.reason, /it runs on/);
    await countsOn(job, now);
    makeRoom(disk);
    assert.equal(await stoppedIn(job, 'snapshot', 'at rest', { disk }), 'DISK_FULL');
    makeRoom(disk);
    await job.computer.startService();
    assert.equal(await stateOf(job), 'running');
    await countsOn(job, now);
    assert.deepEqual(await names(job), ['at work']);
  });
});

test('killed at any step while a snapshot of a running machine is taken, it goes on, with the snapshot or without it', {
  skip,
}, async (t) => {
  await using job = await counting(undefined, ALLOWED);
  for (const [step, isTaken] of [
    ['memory', false],
    ['suspended', false],
    ['office: beside', false],
    ['office: noted', true],
    ['office: memory', true],
    ['spent', true],
  ] as const)
    await t.test(`after “${step}”`, async () => {
      const before = await count(job);
      assert.equal(await stoppedIn(job, 'snapshot', step), 'SIGKILL');
      await job.computer.startService();
      while ((await stateOf(job)) !== 'running') await sleep(100);
      await countsOn(job, before);
      assert.deepEqual(await names(job), isTaken ? ['live'] : []);
      if (!isTaken) return;
      assert.equal((await lazaret(job, 'snapshot', 'remove', job.vm, 'live', '--yes')).status, 0);
    });
});
