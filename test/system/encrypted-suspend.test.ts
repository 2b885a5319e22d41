import assert from 'node:assert/strict';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Decrypter } from 'age-encryption';
import { whyNoNetwork } from '../../lab/network.ts';
import { openDiskKey } from '../../src/install/opening/disk-key.ts';
import { CONFIGURATION } from '../../src/install/state/machine/configuration.ts';
import { memoryIdentity } from '../../src/run/suspend/memory-key.ts';
import { run } from '../../src/sys/programs/exec.ts';
import { whoKnows } from '../../src/trust/age/who-knows.ts';
import {
  COUNT,
  count,
  counting,
  fileOf,
  filesOf,
  goesOn,
  lazaret,
  stateOf,
  suspend,
} from '../fakes/counting-machine.ts';
import { given, open, PASSWORD } from '../fakes/encrypted-machine.ts';
import { endingComputer } from '../fakes/ending-computer.ts';
import { killedAtEachStep } from '../fakes/killed-suspending.ts';

/** What is packed in an encrypted memory. */
async function inClear(userKey: string, memory: string): Promise<Buffer> {
  const diskKey = (await openDiskKey(userKey, whoKnows(PASSWORD))) ?? assert.fail('no key');
  const decrypter = new Decrypter();
  decrypter.addIdentity(await memoryIdentity(diskKey));
  return Buffer.from(await decrypter.decrypt(readFileSync(memory)));
}

const skip = whyNoNetwork();
const NEW_PASSWORD = 'battery staple';

test('an encrypted machine is suspended by whoever closes it, and goes on for who has its password', {
  skip,
}, async (t) => {
  await using job = await counting(PASSWORD, 'snapshots: { enabled: true }\n');
  const passwd = (...lines: string[]) => given(job, lines, 'passwd', job.vm, '--password-fd=0');

  await t.test('by a service that ends with its computer: the next one asks for the password', async () => {
    const before = await count(job);
    await job.computer.stopService();
    await job.computer.startService(endingComputer(job), '--suspend-all');
    await job.computer.stopService();
    assert.ok(fileOf(job, 'generations/1/suspended.json'));

    await job.computer.startService();

    assert.match((await job.computer.lazaret('events')).stdout, /it does not go on by itself: office is opened with/);
    assert.equal(await stateOf(job), 'suspended');
    await goesOn(job, before, PASSWORD);
  });

  await t.test('with another password meanwhile, by that', async () => {
    const before = await suspend(job);
    assert.equal((await passwd(PASSWORD, NEW_PASSWORD)).error, undefined);
    assert.equal((await open(job, PASSWORD)).error.code, 'PASSWORD_WRONG');
    await goesOn(job, before, NEW_PASSWORD);
    assert.equal((await passwd(NEW_PASSWORD, PASSWORD)).error, undefined);
  });

  await t.test(
    'a snapshot of it has its memory, encrypted: gone back to, it goes on from there for its password',
    async () => {
      const before = await suspend(job);
      const snapshot = (...words: string[]) => lazaret(job, 'snapshot', ...words);
      assert.equal((await snapshot('take', job.vm, 'then')).status, 0);
      assert.match(readFileSync(fileOf(job, 'snapshots/*/memory.zst'), 'latin1'), /^age-encryption\.org\/v1\n/);
      await goesOn(job, before, PASSWORD);
      await job.guest('echo later >/tmp/later');
      await job.stopMachine();
      assert.equal((await snapshot('revert', job.vm, 'then', '--yes')).status, 0);
      assert.equal(await stateOf(job), 'suspended');
      await goesOn(job, before, PASSWORD);
      assert.notEqual((await job.guest('cat /tmp/later')).status, 0);

      assert.equal((await snapshot('remove', job.vm, 'then', '--yes')).status, 0);
      await job.stopMachine();
      assert.ok(fileOf(job, 'snapshots/*'), 'its disks stay until an opening merges them');
      assert.equal((await open(job, PASSWORD)).state, 'running');
      assert.deepEqual(filesOf(job, 'snapshots/*'), []);
      await job.connect();
      await job.guest(COUNT);
    },
  );

  await t.test('memory that was changed, cut, or lies there in clear is refused; brought back it goes on', async () => {
    const before = await suspend(job);
    const memory = fileOf(job, 'generations/1/memory.zst');
    const kept = `${job.computer.folder}/kept`;
    await run('cp', ['-p', memory, kept]);
    const bytes = readFileSync(memory);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(memory, bytes);
    assert.equal((await open(job, PASSWORD)).error.code, 'SUSPENDED_UNFIT');
    truncateSync(memory, bytes.length - 1);
    assert.equal((await open(job, PASSWORD)).error.code, 'SUSPENDED_UNFIT');
    // What QEMU would take, if it were asked.
    const note = fileOf(job, 'generations/1/suspended.json');
    const noted = (await CONFIGURATION.read(note, 65_536))?.toString('utf8') ?? assert.fail('it is sealed by another');
    writeFileSync(memory, await inClear(fileOf(job, 'keys/user.age'), kept));
    await CONFIGURATION.write(note, JSON.stringify({ ...JSON.parse(noted), memoryBytes: statSync(memory).size }));
    assert.match((await open(job, PASSWORD)).error.reason, /QEMU cannot load it/);
    await CONFIGURATION.write(note, noted);
    await run('cp', ['-p', kept, memory]);
    await goesOn(job, before, PASSWORD);
  });
});

test('killed at any step, an encrypted machine runs or is suspended, with memory and disks together', {
  skip,
}, async (t) => {
  await using job = await counting(PASSWORD);
  await killedAtEachStep(t, job, PASSWORD);
});
