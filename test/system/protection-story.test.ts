import assert from 'node:assert/strict';
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { openByPassword } from '../../src/install/opening/password.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { open as openWith, PASSWORD } from '../fakes/encrypted-machine.ts';
import { computer } from '../fakes/made-computer.ts';

const DAY_MS = 86_400_000;
const NEW_PASSWORD = 'battery staple';
const day = (days: number) => new Date(Date.now() + days * DAY_MS).toLocaleDateString('sv-SE');

test('an encrypted machine from its project to its end: two keys, thirty days, three renewals, a copy, a lost password', {
  skip: whyNoNetwork() || (hasProgram('bwrap') ? false : 'bubblewrap is not installed'),
}, async (t) => {
  await using job = await MainJob.start();
  const { folder, project } = job.computer;
  const said = async (ending: Promise<{ status: number; stdout: string; stderr: string }>) => {
    const { stdout } = await ending;
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  };
  const manager = async (...words: string[]) => {
    const answer = await said(job.computer.manager(...words, '--json'));
    assert.equal(answer.error, undefined, `${words} ${JSON.stringify(answer)}`);
    return answer;
  };
  const lazaret = (...words: string[]) => said(job.computer.lazaret(...words, '--json'));
  const report = () => lazaret('status', job.vm);
  /** To who opens it: the rest is nobody else’s business. */
  const refusal = async () => (await openWith(job, PASSWORD)).error?.code;
  let packages = 0;
  const brings = async (kind: 'update' | 'policy') => {
    packages += 1;
    const installed = await job.install(await job.build(`package-${packages}`, kind), '--yes');
    assert.equal(installed.status, 0, installed.stdout + installed.stderr);
  };
  const plugin = (text: string) => writeFileSync(join(project, 'resources', 'more.sh'), `#!/bin/sh\n${text}\n`);
  const asks = (problem: string) =>
    lazaret('hot-fix', 'request', job.vm, '--problem', problem, '--name', 'Bea', '--out', join(folder, problem));

  const fingerprint = await job.makeProject('--data-disk', '64M');
  const secret = join(folder, 'recovery');
  writeFileSync(secret, 'of the recovery key alone\n');
  plugin('exit 1');
  await manager('keys', 'recovery', '--recovery-passphrase-file', secret);
  await manager('policy', 'authentication', job.vm, '--password');
  await manager('policy', 'set', job.vm, 'encryption', 'disks=true', 'recovery=true');
  await manager('policy', 'expiration', job.vm, '--days', '30', '--renewal', 'more.sh');
  await manager('policy', 'copy-protection', job.vm, 'on');
  await manager('policy', 'hot-fixes', 'password', 'expired', 'moved', '--telephone', '555 0199');
  await job.serve();
  const built = await job.build('one', 'full');
  assert.equal((await job.install(built, '--fingerprint', fingerprint)).status, 0);

  await t.test('it opens and is used; installed once more on another state folder it has another key', async () => {
    assert.equal((await openWith(job, PASSWORD)).state, 'running');
    await job.connect();
    assert.equal(
      (await job.guest('mke2fs -q /dev/vdb && mkdir -p /mnt && mount /dev/vdb /mnt && echo mine >/mnt/kept && sync'))
        .status,
      0,
    );
    assert.equal((await report()).expiration.daysLeft, 30);
    await job.stopMachine();
    const other = computer(t);
    await other.install(built.folder, { fingerprint });
    const second = await openByPassword(other.state, job.vm, { newPassword: PASSWORD }, Date.now());
    const first = await openByPassword(join(folder, 'state'), job.vm, { password: PASSWORD }, Date.now());
    assert.match(first.diskKey ?? '', /^[0-9a-f]{64}$/);
    assert.notEqual(first.diskKey, second.diskKey);
  });

  await t.test('it expires; by telephone, by a package of policies and by its plug-in it has time again', async () => {
    await manager('policy', 'expiration', job.vm, '--date', day(-1), '--message', 'Ask Ann.');
    await brings('policy');
    assert.equal(await refusal(), 'EXPIRED');
    const asked = await asks('expired');
    const { letters } = await manager('hot-fix', 'approve', '--letters', asked.letters, '--days', '5', '--yes');
    assert.equal((await lazaret('hot-fix', 'answer', job.vm, ...letters.split(' '), '--yes')).kind, 'renewal');
    assert.equal((await report()).expiration.daysLeft, 5);

    await manager('policy', 'expiration', job.vm, '--date', day(10));
    await brings('policy');
    assert.ok([10, 11].includes((await report()).expiration.daysLeft));

    plugin('echo 2');
    await manager('policy', 'expiration', job.vm, '--date', day(-2));
    await brings('update');
    assert.equal((await openWith(job, PASSWORD)).state, 'running');
    assert.equal((await report()).expiration.daysLeft, 2);
    await job.stopMachine();
  });

  await t.test('its folder is copied elsewhere and refused there; at its place it is not', async () => {
    const [state, copy] = [join(folder, 'state'), join(folder, 'copied')];
    await job.computer.stopService('SIGTERM');
    renameSync(state, copy);
    symlinkSync(copy, state);
    await job.computer.startService();
    assert.equal(await refusal(), 'MOVED');
    await job.computer.stopService('SIGTERM');
    rmSync(state);
    renameSync(copy, state);
    await job.computer.startService();
    assert.equal(await refusal(), undefined);
    await job.stopMachine();
  });

  await t.test('its password is lost and found by a hot fix: what was on its disk is there', async () => {
    const asked = await asks('password');
    const approve = ['hot-fix', 'approve', '--letters', asked.letters, '--yes', '--recovery-passphrase-file', secret];
    const { letters } = await manager(...approve);
    assert.equal((await lazaret('hot-fix', 'answer', job.vm, ...letters.split(' '), '--yes')).kind, 'letters');
    assert.equal((await openWith(job, letters, NEW_PASSWORD)).state, 'running');
    await job.connect();
    const kept = await job.guest('mkdir -p /mnt && mount /dev/vdb /mnt && cat /mnt/kept');
    assert.equal(kept.output.trim(), 'mine');
    await job.stopMachine();
    assert.equal((await openWith(job, PASSWORD)).error.code, 'PASSWORD_WRONG');
  });
});
