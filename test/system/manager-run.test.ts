import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, globSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { GuestShell } from '../../lab/console.ts';
import { smallGuest } from '../../lab/guest.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { runningSockets } from '../../src/manager/machines/running-sockets.ts';
import { program } from '../fakes/command-line.ts';
import { madeProject } from '../fakes/made-project.ts';
import { managerProcess } from '../fakes/manager-process.ts';
import { threeVersions, V3 } from '../fakes/quarantine.ts';

test('an administrator runs machines of his project from the page: their screens, what happens, and their end', {
  skip: whyNoNetwork(),
}, async (t) => {
  const guest = smallGuest({ hasDevices: true });
  const project = await madeProject(t);
  for (const name of ['lab', 'desk']) {
    const words = ['vm', 'add', name, '--disk', guest.disk(1), '--disk-format', 'raw', ...guest.vmOptions];
    assert.equal((await program('lazaret-manager', ['-C', project.folder, ...words])).status, 0);
  }
  await project.setPolicy({ quarantine: threeVersions() }, 'lab');
  // A socket’s path has a hundred characters.
  const run = mkdtempSync(join(tmpdir(), 'run-'));
  chmodSync(run, 0o755);
  t.after(() => rmSync(run, { recursive: true, force: true }));
  const manager = await managerProcess(t, project.folder, {
    options: ['--run', run, '--accel', 'tcg', '--resolver', '127.0.0.1'],
  });
  const begin = (vm: string, mode: 'preview' | 'power-on', guestTools = false) =>
    manager.ask('runMachine', { vm, body: { mode, guestTools } });
  const runs = (id: string) => manager.until(id, ({ progress }) => progress?.part === 'run');
  /** The first bytes that a web socket to a machine’s screen brings, or that it is refused. */
  const screenOf = async (vm: string, headers: Record<string, string> = {}) => {
    const { origin, cookie } = manager;
    const address = `${origin.replace('http', 'ws')}/api/v1/machines/${vm}/console`;
    // Node’s own web socket takes headers, which the type of browsers’ does not know.
    const options = { headers: { origin, cookie, ...headers } } as unknown as string[];
    const page = new WebSocket(address, options);
    page.binaryType = 'arraybuffer';
    const [message] = await Promise.race([once(page, 'message'), once(page, 'error').then(() => [undefined])]);
    page.close();
    return message ? Buffer.from(message.data).toString('latin1') : 'refused';
  };

  const preview = await begin('lab', 'preview', true);
  await t.test('in preview it is under its policies, and its screen is in the page alone', async () => {
    await runs(preview.id);
    const report = await manager.ask('runningMachine', { vm: 'lab' });
    assert.deepEqual([report.vm, report.state, report.access], ['lab', 'running', 'restricted']);
    assert.match(await screenOf('lab'), /^RFB 003\.008/);
    assert.equal(await screenOf('lab', { cookie: '' }), 'refused');
    assert.equal(await screenOf('lab', { origin: 'http://evil.example' }), 'refused');
    assert.equal(await screenOf('office'), 'refused', 'it does not run');
  });

  await t.test('what its guest reports is told, and the project remembers it', async () => {
    const { console } = await runningSockets(project.folder, 'lab', run);
    using shell = await GuestShell.open(console);

    assert.equal((await shell.run(`nq-set ${V3}`)).status, 0);
    await manager.until(preview.id, ({ log }) => log.some(({ text }) => text.startsWith('nq-set  ')));
    assert.equal((await manager.ask('runningMachine', { vm: 'lab' })).access, 'normal');
  });

  await t.test('another runs beside it at addresses of its own; the same is refused in words', async () => {
    const powered = await begin('desk', 'power-on');
    await runs(powered.id);
    const uplinks = execFileSync('ip', ['-o', '-4', 'address'], { encoding: 'utf8' }).match(/10\.213\.\d+\.\d+/g) ?? [];
    assert.deepEqual([uplinks.length >= 2, new Set(uplinks).size], [true, uplinks.length]);
    const again = await begin('lab', 'preview');
    assert.equal((await manager.over(again.id)).failure?.code, 'VM_RUNNING');

    const off = await manager.ask('powerOff', { vm: 'desk' });
    assert.equal(off.state, 'stopped');
    assert.equal((await manager.over(powered.id)).state, 'done');
    await assert.rejects(manager.ask('runningMachine', { vm: 'desk' }), { code: 'VM_NOT_RUNNING' });
  });

  const inGuest = async (vm: string, words: string) => {
    using shell = await GuestShell.open((await runningSockets(project.folder, vm, run)).console);
    return (await shell.run(words)).status;
  };

  /** Whether the CD in its drive is that of the guest tools, read anew. */
  const READ =
    'echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/sr0 bs=2048 skip=16 count=1 2>/dev/null | grep -q LAZARET_TOOLS';

  await t.test('the CD with the guest tools is in a drive of the one that it was wanted for', async () => {
    assert.equal(await inGuest('lab', READ), 0);
    assert.deepEqual(globSync('vms/*/guest-tools.iso', { cwd: project.folder }), ['vms/lab/guest-tools.iso']);
  });

  await t.test(
    'fact 19: to leave preview suspends it, and its next one goes on there with what it changed',
    async () => {
      assert.equal(await inGuest('lab', 'echo kept >/tmp/kept; echo kept >/root/kept; sync'), 0);
      await manager.ask('cancelTask', { id: preview.id });
      const over = await manager.over(preview.id);
      assert.deepEqual([over.state, over.failure, over.result], ['done', undefined, { vm: 'lab', isSuspended: true }]);
      assert.equal(await screenOf('lab'), 'refused');

      const again = await begin('lab', 'preview');
      await runs(again.id);
      assert.equal((await manager.ask('runningMachine', { vm: 'lab' })).access, 'normal');
      assert.equal(await inGuest('lab', `cat /tmp/kept && { ${READ}; }`), 0, 'the CD too, without being asked for');
      assert.equal((await manager.ask('shutDown', { vm: 'lab' })).state, 'stopped');
      assert.deepEqual((await manager.over(again.id)).result, { vm: 'lab', isSuspended: false });
    },
  );

  await t.test('one that cannot go on is offered to boot, with its disk as it was', async () => {
    const powered = await begin('desk', 'power-on');
    await runs(powered.id);
    assert.equal(await inGuest('desk', 'echo kept >/tmp/kept; echo kept >/root/kept; sync'), 0);
    assert.equal((await manager.ask('suspendRun', { vm: 'desk' })).state, 'suspended');
    await manager.over(powered.id);
    truncateSync(join(project.folder, 'vms', 'desk', 'memory.zst'), 1000);

    const { failure } = await manager.over((await begin('desk', 'power-on')).id);
    assert.equal(failure?.code, 'SUSPENDED_UNFIT');
    assert.match(failure?.reason ?? '', /its saved memory is damaged; booted anew, it loses what was in its memory/);

    const anew = await manager.ask('runMachine', { vm: 'desk', body: { mode: 'power-on', discard: true } });
    await runs(anew.id);
    assert.equal(await inGuest('desk', 'test ! -e /tmp/kept && cat /root/kept'), 0);
  });

  await t.test('the process ends when no machine runs any more; one that is powered on is shut down', async () => {
    manager.child.kill('SIGINT');
    assert.deepEqual(await manager.ended, [0, null]);
    assert.deepEqual(globSync('*/machine.json', { cwd: run }), []);
    assert.deepEqual(globSync('vms/*/{suspended,memory.zst,guest-tools.iso}', { cwd: project.folder }), []);
  });
});
