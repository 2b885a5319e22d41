import assert from 'node:assert/strict';
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';

const DAY_MS = 86_400_000;
const day = (ms: number) => new Date(ms).toLocaleDateString('sv-SE');

test('an expired machine and one that was moved are refused, and run again when that is mended', {
  skip: whyNoNetwork() || (hasProgram('bwrap') ? false : 'bubblewrap is not installed'),
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  const says = (text: string) =>
    writeFileSync(join(job.computer.project, 'resources', 'more.sh'), `#!/bin/sh\n${text}\n`);
  const manager = async (...words: string[]) => {
    const { status, stdout, stderr } = await job.computer.manager(...words);
    assert.equal(status, 0, stdout + stderr);
  };
  const lazaret = (...words: string[]) => job.computer.lazaret(...words);
  const report = async () => JSON.parse((await lazaret('status', job.vm, '--json')).stdout);
  const refusal = async () => {
    const { status, stdout } = await lazaret('start', job.vm, '--json');
    assert.notEqual(status, 0);
    return JSON.parse(stdout).error;
  };
  const brings = async (name: string) => job.install(await job.build(name, 'update'), '--yes');
  const yesterday = day(Date.now() - DAY_MS);
  says('echo "expires at $VMWARE_EXPIRE_TIME on $LAZARET_EVENT" >&2; exit 1');
  await manager('policy', 'expiration', job.vm, '--date', yesterday, '--message', 'Ask Ann.', '--renewal', 'more.sh');
  await manager('policy', 'copy-protection', job.vm, 'on');
  assert.equal((await job.install(await job.build('office-1', 'full'), '--fingerprint', fingerprint)).status, 0);

  await t.test('fact 30, fact 73: it is refused with its text; a plug-in that fails changes nothing', async () => {
    const { code, reason, remedy } = await refusal();
    assert.deepEqual([code, reason], ['EXPIRED', 'office has expired: Ask Ann.']);
    assert.match(remedy, /administrator/);
    assert.equal((await report()).cannotStart.code, 'EXPIRED');
    assert.match((await lazaret('status', job.vm)).stdout, /time {9}it is over: Ask Ann\./);
    const events = (await lazaret('events', '--last', '1000', '--json')).stdout;
    assert.match(events, /expires at 0 on poweron/);
    assert.match(events, /"code":"PLUGIN_FAILED"/);
  });

  await t.test('D10: one that hangs or prints nonsense changes nothing', async () => {
    await manager('policy', 'expiration', job.vm, '--timeout', '1s');
    for (const [number, text] of ['sleep 100', 'echo soon'].entries()) {
      says(text);
      assert.equal((await brings(`broken-${number}`)).status, 0);
      assert.equal((await refusal()).code, 'EXPIRED');
    }
  });

  await t.test('fact 72: one that gives two days lets it run, and its user sees how long', async () => {
    says('echo 2');
    assert.equal((await brings('renewed')).status, 0);
    await job.startMachine();
    const { expiration } = await report();
    assert.deepEqual([expiration.state, expiration.daysLeft], ['valid', 2]);
    await job.stopMachine();
    assert.equal((await report()).expiration.daysLeft, 2, 'also of one that does not run');
  });

  await t.test('fact 32: moved, it is refused; moved back, it runs', async () => {
    const state = join(job.computer.folder, 'state');
    const moved = `${state}-moved`;
    await job.computer.stopService('SIGTERM');
    renameSync(state, moved);
    symlinkSync(moved, state);
    await job.computer.startService();
    const { code, reason } = await refusal();
    assert.equal(code, 'MOVED');
    assert.match(reason, /it is at .*state-moved.*, and was installed at/);
    await job.computer.stopService('SIGTERM');
    rmSync(state);
    renameSync(moved, state);
    await job.computer.startService();

    await job.startMachine();
    await job.stopMachine();
  });

  await t.test(
    'a hot fix lets it run where it was moved to: by telephone, and by the service after one that was killed',
    async () => {
      await manager('policy', 'hot-fixes', 'moved');
      assert.equal((await brings('offered')).status, 0);
      const state = join(job.computer.folder, 'state');
      const moved = `${state}-moved`;
      await job.computer.stopService('SIGTERM');
      renameSync(state, moved);
      symlinkSync(moved, state);
      await job.computer.startService();
      assert.match((await refusal()).remedy, /`lazaret hot-fix request/);
      const say = async (words: string[]) => JSON.parse((await lazaret(...words, '--json')).stdout.trim());
      const out = join(job.computer.folder, 'asked');
      const asked = await say(['hot-fix', 'request', job.vm, '--name', 'Bea', '--out', out]);
      const { stdout } = await job.computer.manager(
        'hot-fix',
        'approve',
        '--letters',
        asked.letters,
        '--yes',
        '--json',
      );
      await job.computer.stopService('SIGKILL');
      await job.computer.startService();
      const letters = JSON.parse(stdout).letters.split(' ');
      assert.equal((await say(['hot-fix', 'answer', job.vm, ...letters, '--yes'])).kind, 'place');

      await job.startMachine();
      await job.stopMachine();
      assert.equal((await say(['hot-fix', 'answer', job.vm, ...letters, '--yes'])).error.code, 'HOT_FIX_NONE');
    },
  );
});
