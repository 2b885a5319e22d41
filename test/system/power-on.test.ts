import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { GuestShell, UNTIL_ROUTED } from '../../lab/console.ts';
import { MainJob } from '../../lab/main-job.ts';
import { SERVERS, whyNoNetwork } from '../../lab/network.ts';

const ASK = `timeout 5 wget -q -O - http://${SERVERS.intranet}/`;

test('powered on, the project’s machine has no policies and nq-set no effect; in preview it has both', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  await job.makeProject();
  await job.setQuarantine();
  const [first, second] = [await job.addVersion('1.0'), await job.addVersion('1.1')];
  await job.require('1.1');
  const run = ['--run', join(job.computer.folder, 'own'), '--accel', 'tcg', '--resolver', job.network.resolver];

  await t.test('powered on', async () => {
    const { said, ended } = await job.computer.startManager(
      'host',
      'power-on',
      job.vm,
      ...run,
      '--guest-tools',
      '--json',
    );
    const { readySince, sockets } = JSON.parse(said);
    const tools = join(job.computer.project, 'vms', job.vm, 'guest-tools.iso');
    assert.ok(existsSync(tools), 'it has the CD with the guest tools in a drive');
    assert.match(readySince, /^\d{4}-/, 'the manager answers when the guest has its address');
    using shell = await GuestShell.open(sockets.console);
    await shell.run(UNTIL_ROUTED);

    assert.equal((await shell.run(ASK)).status, 0, 'it reaches everything');
    const answer = await shell.run(`nq-set ${first}`);
    assert.equal(answer.status, 1);
    assert.match(answer.output, /without policies/);
    const packing = await job.computer.manager(
      'package',
      'create',
      'one',
      '--kind',
      'full',
      '--out',
      join(job.computer.folder, 'out'),
      '--json',
    );
    assert.equal(JSON.parse(packing.stdout).error.code, 'VM_RUNNING', 'a machine that runs is not packaged');
    shell.send('poweroff -f');
    await ended;
    assert.equal(existsSync(tools), false);
  });

  await t.test('in preview', async () => {
    const { said, ended } = await job.computer.startManager('host', 'preview', job.vm, ...run, '--json');
    using shell = await GuestShell.open(JSON.parse(said).sockets.console);
    await shell.run(UNTIL_ROUTED);

    assert.notEqual((await shell.run(ASK)).status, 0, 'it is restricted');
    assert.equal((await shell.run(`nq-set ${second}`)).status, 0, 'any version may be the first');
    assert.equal((await shell.run(ASK)).status, 0);
    shell.send('poweroff -f');
    await ended;
    const { stdout } = await job.computer.manager('vm', 'show', job.vm, '--json');
    assert.equal(JSON.parse(stdout).descriptor, second, 'the project remembers it');
  });

  await t.test(
    'fact 19: Ctrl-C suspends it in preview; with --discard the next one boots, and keeps its disk',
    async () => {
      const previewed = async (options: readonly string[], work: (shell: GuestShell) => Promise<unknown>) => {
        const { said, ended, child } = await job.computer.startManager(
          'host',
          'preview',
          job.vm,
          ...run,
          ...options,
          '--json',
        );
        {
          using shell = await GuestShell.open(JSON.parse(said).sockets.console);
          await work(shell);
        }
        child.kill('SIGINT');
        await ended;
        assert.equal(child.exitCode, 0);
      };
      const isSuspended = async () =>
        JSON.parse((await job.computer.manager('vm', 'show', job.vm, '--json')).stdout).isSuspended;
      const statusOf = (shell: GuestShell, words: string) => shell.run(words).then(({ status }) => status);

      await previewed([], async (shell) =>
        assert.equal(await statusOf(shell, 'echo kept >/tmp/kept; echo kept >/root/kept; sync'), 0),
      );
      assert.ok(await isSuspended());
      await previewed(['--discard'], async (shell) =>
        assert.equal(await statusOf(shell, 'test ! -e /tmp/kept && cat /root/kept'), 0),
      );
      assert.ok(await isSuspended());
    },
  );
});
