import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, globSync, mkdtempSync, rmSync } from 'node:fs';
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
  const guest = smallGuest();
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
  const begin = (vm: string, mode: 'preview' | 'power-on') => manager.ask('runMachine', { vm, body: { mode } });
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

  const preview = await begin('lab', 'preview');
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

  await t.test('to cancel it shuts its guest down; the process ends when no machine runs any more', async () => {
    await manager.ask('cancelTask', { id: preview.id });
    const over = await manager.over(preview.id);
    assert.deepEqual([over.state, over.failure], ['done', undefined]);
    assert.equal(await screenOf('lab'), 'refused');

    await runs((await begin('desk', 'power-on')).id);
    manager.child.kill('SIGINT');
    assert.deepEqual(await manager.ended, [0, null]);
    assert.deepEqual(globSync('*/machine.json', { cwd: run }), []);
  });
});
