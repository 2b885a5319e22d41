import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { BIN } from '../../lab/programs.ts';
import { failureIn } from '../fakes/command-line.ts';

const PATIENCE_MS = 120_000;

test('in preview the administrator sees his machine, is told what happens to it, and why it fails', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  await job.makeProject();
  await job.setQuarantine();
  const first = await job.addVersion('1.0');
  const own = join(job.computer.folder, 'own');
  const run = ['--run', own, '--accel', 'tcg', '--resolver', job.network.resolver];

  /** The manager on the computer; what it says is there as it says it. */
  const manager = (...words: string[]) => {
    const args = ['-C', job.computer.project, ...words];
    const child = job.network.spawn('host', join(BIN, 'lazaret-manager'), args, ['pipe', 'pipe', 'pipe']);
    let said = '';
    for (const output of [child.stdout, child.stderr])
      output?.on('data', (chunk) => {
        said += chunk;
      });
    const ended = once(child, 'exit');
    const until = async (wanted: RegExp) => {
      const late = performance.now() + PATIENCE_MS;
      while (!wanted.test(said)) {
        if (child.exitCode !== null || performance.now() > late) throw new Error(`no ${wanted} in: ${said}`);
        await sleep(50);
      }
    };
    return { child, ended, until, said: () => said };
  };

  await t.test('once it runs its screen and its console are there, and its report is told', async () => {
    const early = await job.computer.manager('view', job.vm, '--run', own, '--json');
    assert.equal(failureIn(early).code, 'VM_NOT_RUNNING');
    const preview = manager('preview', job.vm, ...run);
    await preview.until(/is running with restricted access/);
    const view = manager('view', job.vm, '--run', own, '--json');
    await view.until(/"screen"/);
    const socket = connect(JSON.parse(view.said()).screen);
    const [greeting] = await once(socket, 'data');
    assert.match(String(greeting), /^RFB 003\.008/);
    socket.destroy();
    view.child.kill('SIGTERM');
    await view.ended;

    const console = manager('console', job.vm, '--run', own);
    const asking = setInterval(() => console.child.stdin?.write(`#told nq-set ${first}\n`), 1000);
    await console.until(/\x01#told 0/);
    clearInterval(asking);
    await preview.until(/ nq-set {2}/);
    console.child.stdin?.write('#last poweroff -f\n');
    await preview.until(/office has stopped/);
    assert.equal((await preview.ended)[0], 0);
    await console.ended;
  });

  const work = join(job.computer.project, 'vms', job.vm, 'disks', 'work.qcow2');
  const whole = readFileSync(work);
  await t.test('a start that QEMU refuses says QEMU’s reason and its log', async () => {
    writeFileSync(work, 'no disk at all');

    const failed = await job.computer.manager('preview', job.vm, ...run, '--json');

    const { code, reason, log = '' } = failureIn(failed);
    assert.equal(code, 'VM_FAILED');
    assert.match(reason, /not in qcow2 format/);
    assert.match(readFileSync(log, 'utf8'), /not in qcow2 format/);
  });

  await t.test('what the log says is mended, and the machine starts', async () => {
    writeFileSync(work, whole);
    const preview = manager('preview', job.vm, ...run);
    await preview.until(/is running with normal access/);
    const console = manager('console', job.vm, '--run', own);
    const asking = setInterval(() => console.child.stdin?.write('#last poweroff -f\n'), 1000);
    await preview.until(/office has stopped/);
    clearInterval(asking);
    assert.equal((await preview.ended)[0], 0);
    await console.ended;
  });

  await t.test(
    'a manager that is killed leaves its machine running: nothing is changed under it, and the next takes it over',
    async () => {
      const killed = manager('preview', job.vm, ...run);
      await killed.until(/is running with normal access/);
      killed.child.kill('SIGKILL');
      await killed.ended;
      for (const words of [
        ['vm', 'remove', job.vm, '--yes'],
        ['vm', 'export', job.vm, '--out', join(job.computer.folder, 'own.ova')],
        ['power-on', job.vm, ...run],
      ]) {
        const { code, reason } = failureIn(await job.computer.manager(...words, '--json'));
        assert.equal(code, 'VM_RUNNING', words.join(' '));
        assert.match(reason, /still runs in preview.*`lazaret-manager preview office` takes it over/);
      }

      assert.equal((await job.computer.manager('vm', 'set', job.vm, '--cpus', '2')).status, 0);
      assert.match(failureIn(await job.computer.manager('preview', job.vm, ...run, '--json')).reason, /other hardware/);
      assert.equal((await job.computer.manager('vm', 'set', job.vm, '--cpus', '1')).status, 0);

      const next = manager('preview', job.vm, ...run);
      await next.until(/found-again/);
      await next.until(/is running with normal access/);
      const console = manager('console', job.vm, '--run', own);
      const asking = setInterval(() => console.child.stdin?.write(`#told nq-set ${first}\n`), 1000);
      await console.until(/\x01#told 0/);
      clearInterval(asking);
      await next.until(/ nq-set {2}/);
      next.child.kill('SIGTERM');
      await next.until(/office is suspended/);
      assert.equal((await next.ended)[0], 0);
      await console.ended;
      assert.equal(failureIn(await job.computer.manager('vm', 'export', job.vm, '--json')).code, 'VM_SUSPENDED');
    },
  );

  await t.test('one that is left running is ended where it is to boot anew', async () => {
    const killed = manager('preview', job.vm, ...run);
    await killed.until(/is running with normal access/);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const next = manager('preview', job.vm, '--discard', ...run);
    await next.until(/is running with normal access/);
    assert.doesNotMatch(next.said(), /found-again/);
    next.child.kill('SIGTERM');
    await next.until(/office is suspended/);
    await next.ended;
  });
});
