import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { BIN } from '../../lab/programs.ts';

const PASSWORD = 'nine blue horses';

/** The arguments of this computer’s one machine. */
const qemu = ({ computer }: MainJob) =>
  execFileSync('ps', ['-ww', '-eo', 'args'])
    .toString()
    .split('\n')
    .find((line) => line.startsWith('qemu-system') && line.includes(computer.folder)) ?? '';

test('the administrator changes the hardware of a machine on its user’s computer, who sees it and goes on without him', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const { vm, computer } = job;
  const fingerprint = await job.makeProject();
  const given = (line: string, name: string, ...words: string[]) => {
    const { status, stdout } = spawnSync(join(BIN, name), [...words, '--password-fd', '0', '--json'], {
      input: `${line}\n`,
      encoding: 'utf8',
    });
    return { status, ...JSON.parse(stdout.trim().split('\n').at(-1) ?? '') };
  };
  const admin = (line: string, ...words: string[]) =>
    given(line, 'lazaret', '--socket', computer.socket, 'admin', vm, ...words);
  const access = ['-C', computer.project, 'policy', 'administrator-access', vm, 'on'];
  assert.equal(given(PASSWORD, 'lazaret-manager', ...access).status, 0);
  await job.serve();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);

  await t.test('a wrong password changes nothing', async () => {
    assert.equal(admin('nine blue cows', '--cpus', '2').error.code, 'PASSWORD_WRONG');
    const status = JSON.parse((await computer.lazaret('status', vm, '--json')).stdout);
    assert.deepEqual([status.canAdminister, status.hardware], [true, undefined]);
  });

  const packaged = admin(PASSWORD).packaged;
  const memoryMiB = packaged.memoryMiB + 32;
  await t.test('the right one does: the next start has it, and status shows it', async () => {
    assert.equal(admin(PASSWORD, '--memory', `${memoryMiB}`).memoryMiB, memoryMiB);
    await job.startMachine();
    await job.connect();
    assert.match(qemu(job), new RegExp(` -m ${memoryMiB} `));
    const { stdout } = await computer.lazaret('status', vm);
    assert.match(stdout, new RegExp(`hardware {5}${memoryMiB} MiB, 1 processor, by its administrator; packaged with`));
    const { stdout: events } = await computer.lazaret('events', '--last', '100', '--json');
    assert.match(events, /"kind":"hardware"/);
    assert.match(events, /a wrong administrator’s password was given/);
    assert.doesNotMatch(events, /horses|cows/);
    await job.stopMachine();
  });

  await t.test('more than the computer has is refused; as packaged it is again', async () => {
    assert.equal(admin(PASSWORD, '--memory', '1024G').error.code, 'HARDWARE_TOO_MUCH');
    assert.deepEqual(admin(PASSWORD, '--as-packaged').packaged, packaged);
    await job.startMachine();
    assert.match(qemu(job), new RegExp(` -m ${packaged.memoryMiB} `));
    await job.stopMachine();
  });
});
