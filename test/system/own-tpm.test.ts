import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { GuestShell, UNTIL_ROUTED } from '../../lab/console.ts';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { processOf } from '../../src/sys/programs/processes.ts';
import { DEFINE, LOOK, packedGuest, SUCCESS, toldTpm } from '../fakes/tpm-guest.ts';

test('the administrator’s own machine has a TPM of its own, which preview and power-on start and end', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start(undefined, packedGuest());
  await job.makeProject('--tpm');
  const own = join(job.computer.folder, 'own');
  const run = ['--run', own, '--accel', 'tcg', '--resolver', job.network.resolver];

  /** Runs it until `work` is done and it is left in that way; whatever was its TPM has ended then. */
  async function running(
    mode: 'preview' | 'power-on',
    leave: 'off' | 'interrupt',
    work: (shell: GuestShell) => Promise<void>,
  ) {
    const { said, ended, child } = await job.computer.startManager('host', mode, job.vm, ...run, '--json');
    const [record = ''] = globSync(join(own, '*/machine.json'));
    const tpm = JSON.parse(readFileSync(record, 'utf8')).tpm.pid;
    assert.match(readFileSync(`/proc/${tpm}/cmdline`, 'utf8'), /^swtpm\0/);
    {
      using shell = await GuestShell.open(JSON.parse(said).sockets.console);
      await work(shell);
      if (leave === 'off') shell.send('poweroff -f');
      else child.kill('SIGINT');
      await ended;
    }
    assert.equal(processOf(tpm), undefined);
  }
  const told = (shell: GuestShell, command: string) => toldTpm((script) => shell.run(script), command);

  await t.test('powered on, its TPM is new, and keeps what it is told', () =>
    running('power-on', 'off', async (shell) => {
      await shell.run(UNTIL_ROUTED);
      assert.notEqual(await told(shell, LOOK), SUCCESS);
      assert.equal(await told(shell, DEFINE), SUCCESS);
    }),
  );

  await t.test('in preview it is the same, as its disk is; suspended with the machine it goes on', async () => {
    await running('preview', 'interrupt', async (shell) => {
      assert.equal(await told(shell, LOOK), SUCCESS);
      assert.equal((await shell.run('echo here >/tmp/here')).status, 0);
    });
    await running('preview', 'off', async (shell) => {
      assert.equal((await shell.run('cat /tmp/here')).output, 'here');
      assert.equal(await told(shell, LOOK), SUCCESS);
    });
  });

  await t.test('powered on again it has what it was told', () =>
    running('power-on', 'off', async (shell) => assert.equal(await told(shell, LOOK), SUCCESS)),
  );
});
