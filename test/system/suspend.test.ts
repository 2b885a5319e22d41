import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  globSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { whyNoNetwork } from '../../lab/network.ts';
import { run } from '../../src/sys/programs/exec.ts';
import {
  count,
  counting,
  countsOn,
  fileOf,
  filesOf,
  goesOn,
  lazaret,
  refusal,
  stateOf,
  suspend,
} from '../fakes/counting-machine.ts';
import { killedAtEachStep } from '../fakes/killed-suspending.ts';
import { fill, makeRoom, smallDisk } from '../fakes/small-disk.ts';
import { stoppedIn } from '../fakes/stopped-in.ts';

const skip = whyNoNetwork();
/** Room for the guest’s memory, and for what is installed. */
const DISK_BYTES = 400 << 20;
test('a suspended machine goes on where it was', { skip }, async (t) => {
  await using job = await counting();
  await job.guest('echo kept >/tmp/kept; echo on disk >/root/kept; sync');

  await t.test('its memory is saved, its user’s alone, and it runs no more', async () => {
    const before = await suspend(job);
    assert.equal(await stateOf(job), 'suspended');
    for (const name of ['suspended.json', 'memory.zst'])
      assert.equal(statSync(fileOf(job, `generations/1/${name}`)).mode & 0o777, 0o600, name);
    assert.deepEqual(globSync(join(job.computer.folder, 'run/*/machine.json')), []);
    assert.match(
      (await job.computer.lazaret('status', job.vm)).stdout,
      /suspended {4}since .*: its next start goes on there/,
    );
    await goesOn(job, before);
    assert.deepEqual(filesOf(job, 'generations/*/{suspended.json,memory.zst}'), [], 'what was saved is spent');
  });

  await t.test('its network is made anew, and judged as at a start', async () => {
    assert.deepEqual(await job.reached(), ['update']);
    const { stdout } = await job.computer.lazaret('events', '--last', '20');
    assert.match(stdout, /suspended: its next start goes on where it was/);
    assert.match(stdout, /resumed with restricted access/);
  });

  await t.test('its clock is right soon afterwards, however short it was suspended', async () => {
    const lag = '$(($(cat /sys/class/rtc/rtc0/since_epoch) - $(date +%s)))';
    const isRight = () => job.guest(`timeout 60 sh -c 'until [ ${lag} -le 1 ]; do sleep 0.2; done'`);
    // It lags behind by all the times before otherwise.
    assert.equal((await isRight()).status, 0);
    for (const pauseMs of [0, 6000]) {
      const before = await suspend(job);
      await sleep(pauseMs);
      await goesOn(job, before);
      assert.equal((await isRight()).status, 0);
    }
    const { output } = await job.guest('cat /sys/class/rtc/rtc0/since_epoch');
    assert.ok(Math.abs(Number(output) - Date.now() / 1000) < 60, 'its hardware clock has the computer’s time');
  });

  await t.test('what is suspended twice, or does not run, is refused', async () => {
    const before = await suspend(job);
    assert.equal((await lazaret(job, 'suspend', job.vm)).error.code, 'VM_NOT_RUNNING');
    await goesOn(job, before);
  });

  await t.test('a guest that shuts down has ended: the next start boots', async () => {
    await job.stopMachine();
    assert.equal(await stateOf(job), 'stopped');
    await job.startMachine();
    assert.notEqual((await job.guest('cat /tmp/kept')).status, 0);
    assert.equal((await job.guest('cat /root/kept')).output, 'on disk');
  });
});

test('a machine that cannot go on where it was suspended is offered to boot, and never goes on wrongly', {
  skip,
}, async (t) => {
  await using job = await counting();
  const before = await suspend(job);
  const [note, memory, data] = [
    fileOf(job, 'generations/1/suspended.json'),
    fileOf(job, 'generations/1/memory.zst'),
    fileOf(job, 'data.qcow2'),
  ];
  const overlay = fileOf(job, 'generations/1/overlay.qcow2');
  const kept = join(job.computer.folder, 'kept');
  const keep = (path: string) => run('cp', ['-p', path, kept]);
  const bringBack = (path: string) => run('cp', ['-p', kept, path]);
  const isUnfit = async (why: RegExp) => {
    const { code, reason } = await refusal(job);
    assert.equal(code, 'SUSPENDED_UNFIT');
    assert.match(reason, why);
    assert.equal(await stateOf(job), 'suspended', 'nothing is lost by it');
  };

  for (const [path, why] of [
    [data, /its data disk has changed/],
    [overlay, /its system disk has changed/],
  ] as const)
    await t.test(`${why}`, async () => {
      await keep(path);
      await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 0 64k', path]);
      await isUnfit(why);
      await bringBack(path);
    });

  await t.test('its memory is damaged, cut or gone', async () => {
    await keep(memory);
    const bytes = readFileSync(memory);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(memory, bytes);
    await isUnfit(/QEMU cannot load it/);
    truncateSync(memory, bytes.length - 1);
    await isUnfit(/its saved memory is damaged/);
    rmSync(memory);
    await isUnfit(/its saved memory is not there/);
    await bringBack(memory);
  });

  await t.test('another QEMU, another processor, other devices', async () => {
    await keep(note);
    const noted = JSON.parse(readFileSync(note, 'utf8'));
    for (const [change, why] of [
      [{ qemu: '6.0.0' }, /it was suspended by QEMU 6.0.0, and this is/],
      [{ processor: '0'.repeat(64) }, /on another processor/],
      [{ hardware: '0'.repeat(64) }, /with other devices/],
    ] as const) {
      writeFileSync(note, JSON.stringify({ ...noted, ...change }));
      await isUnfit(why);
    }
    writeFileSync(note, '{');
    await isUnfit(/what was noted of it cannot be read/);
    await bringBack(note);
  });

  await t.test('another program holds its disk: nothing is lost', async () => {
    const holder = spawn('qemu-io', ['-f', 'qcow2', overlay], { stdio: ['pipe', 'pipe', 'ignore'] });
    holder.stdin.write('read 0 512\n');
    await once(holder.stdout, 'data');
    assert.equal((await refusal(job)).code, 'VM_FAILED');
    holder.stdin.end();
    await once(holder, 'exit');
    assert.equal(await stateOf(job), 'suspended');
  });

  await t.test('with all as it was it goes on', () => goesOn(job, before));

  await t.test(
    'after an update it fits no more: a roll back brings it back, and its start boots where that is said',
    async () => {
      const then = await suspend(job);
      assert.equal((await job.install(await job.build('two', 'full', '--force'), '--yes', '--keep-old')).status, 0);
      await isUnfit(/in generation 1, and generation 2 is the one to start/);
      assert.equal((await lazaret(job, 'rollback', job.vm)).status, 0);
      await goesOn(job, then);
    },
  );

  await t.test('what its remedy says is done, and works', async () => {
    await suspend(job);
    await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 0 64k', data]);
    await isUnfit(/its data disk has changed/);
    assert.equal((await lazaret(job, 'start', '--discard', job.vm)).status, 0);
    await job.connect();
    assert.notEqual((await job.guest('cat /tmp/count')).status, 0, 'it has booted');
    assert.deepEqual(filesOf(job, 'generations/*/{suspended.json,memory.zst}'), []);
  });
});

test('where a project withholds resets, a machine that could go on is not booted instead', { skip }, async () => {
  await using job = await counting();
  appendFileSync(join(job.computer.project, 'vms', job.vm, 'policy.yaml'), 'troubleshooting: { power: false }\n');
  await job.deploy();
  await job.lookUp();
  const before = await suspend(job);
  const { error } = await lazaret(job, 'start', '--discard', job.vm);
  assert.equal(error.code, 'POWER_FORBIDDEN');
  await goesOn(job, before);

  await suspend(job);
  await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 0 64k', fileOf(job, 'data.qcow2')]);
  assert.equal((await refusal(job)).code, 'SUSPENDED_UNFIT');
  assert.equal((await lazaret(job, 'start', '--discard', job.vm)).status, 0, 'it has no other way');
});

test('without room for its memory it is not suspended, and runs on', { skip }, async (t) => {
  await using job = await counting();
  const before = await count(job);
  await job.computer.stopService();
  const state = join(job.computer.folder, 'state');
  const disk = await smallDisk(t, DISK_BYTES);
  // QEMU has its disks open and writes on there; what is saved goes to the small disk.
  cpSync(state, join(disk, 'state'), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  renameSync(state, `${state}-runs`);
  symlinkSync(join(disk, 'state'), state);

  await t.test('said before anything is done', async () => {
    await job.computer.startService();
    fill(disk);
    const { error } = await lazaret(job, 'suspend', job.vm);
    assert.equal(error.code, 'DISK_FULL');
    assert.match(error.reason, /the memory of office may need .* are free: it runs on/);
    await countsOn(job, before);
    makeRoom(disk);
  });

  await t.test('the room goes while memory is saved', async () => {
    assert.equal(await stoppedIn(job, 'suspend', 'at rest', { disk }), 'DISK_FULL');
    assert.deepEqual(filesOf(job, 'generations/*/{suspended.json,memory.zst}'), []);
    makeRoom(disk);
    await job.computer.startService();
    assert.equal(await stateOf(job), 'running');
    await countsOn(job, before);
  });
});

test('killed at any step, it runs or is suspended, with memory and disks together', { skip }, async (t) => {
  await using job = await counting();
  await killedAtEachStep(t, job);
});
