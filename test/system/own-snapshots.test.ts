import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { GuestShell, UNTIL_ROUTED } from '../../lab/console.ts';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';

test('an administrator goes back to a state of his own copy, and on where it was suspended: both disks, version, memory', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  await job.makeProject('--data-disk', '64M');
  await job.setQuarantine();
  const [first, second] = [await job.addVersion('1.0'), await job.addVersion('1.1')];
  const run = ['--run', join(job.computer.folder, 'own'), '--accel', 'tcg', '--resolver', job.network.resolver];

  /** Runs it in preview until `work` is done and it is left in that way. */
  async function running(leave: 'off' | 'interrupt', work: (shell: GuestShell) => Promise<void>) {
    const { said, ended, child } = await job.computer.startManager('host', 'preview', job.vm, ...run, '--json');
    using shell = await GuestShell.open(JSON.parse(said).sockets.console);
    await work(shell);
    if (leave === 'off') shell.send('poweroff -f');
    else child.kill('SIGINT');
    await ended;
  }
  async function snapshot(...words: string[]) {
    const { status, stdout } = await job.computer.manager('vm', 'snapshot', ...words, '--json');
    assert.equal(status, 0, stdout);
  }
  const output = async (shell: GuestShell, words: string) => (await shell.run(words)).output.trim();
  const descriptor = async () =>
    JSON.parse((await job.computer.manager('vm', 'show', job.vm, '--json')).stdout).descriptor;

  await t.test('powered off, and suspended', async () => {
    await running('off', async (shell) => {
      await shell.run(UNTIL_ROUTED);
      const made =
        'mke2fs /dev/vdb >/dev/null 2>&1 && mount /dev/vdb /mnt && echo mine >/mnt/mine && echo mine >/root/mine';
      assert.equal((await shell.run(`${made} && sync`)).status, 0);
      assert.equal((await shell.run(`nq-set ${first}`)).status, 0);
      const refused = await job.computer.manager('vm', 'snapshot', 'take', job.vm, 'runs', '--json');
      assert.equal(JSON.parse(refused.stdout).error.code, 'VM_RUNNING');
    });
    await snapshot('take', job.vm, 'off');
    await running('interrupt', async (shell) => {
      await shell.run(UNTIL_ROUTED);
      assert.equal(await output(shell, 'mount /dev/vdb /mnt && cat /mnt/mine'), 'mine');
      assert.equal((await shell.run('echo here >/tmp/here; rm /root/mine; sync')).status, 0);
    });
    await snapshot('take', job.vm, 'suspended');
  });

  await t.test('it goes on after a snapshot, and breaks', async () => {
    await running('off', async (shell) => {
      assert.equal(await output(shell, 'cat /tmp/here'), 'here');
      assert.equal((await shell.run(`nq-set ${second}`)).status, 0);
      await shell.run('rm /mnt/mine; sync');
    });
    assert.equal(await descriptor(), second);
  });

  await t.test('it goes on where it was suspended', async () => {
    await snapshot('revert', job.vm, 'suspended', '--yes');
    assert.equal(await descriptor(), first);
    await running('off', async (shell) => {
      assert.equal(await output(shell, 'cat /tmp/here /mnt/mine; ls /root/mine 2>/dev/null'), 'here\nmine');
    });
  });

  await t.test('it boots as it was powered off', async () => {
    await snapshot('revert', job.vm, 'off', '--yes');
    await running('off', async (shell) => {
      await shell.run(UNTIL_ROUTED);
      assert.equal(await output(shell, 'mount /dev/vdb /mnt && cat /mnt/mine /root/mine'), 'mine\nmine');
    });
    await snapshot('remove', job.vm, 'suspended', '--yes');
    await snapshot('remove', job.vm, 'off', '--yes');
  });
});
