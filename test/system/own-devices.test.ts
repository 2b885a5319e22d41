import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { GuestShell } from '../../lab/console.ts';
import { smallGuest } from '../../lab/guest.ts';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';

const MIB = 2 ** 20;
/** The first words on a disc, as its guest reads them; of an empty drive, nothing. What is read first tells it of the change. */
const READ =
  'for try in 1 2 3 4; do dd if=/dev/sr0 of=/tmp/read bs=2048 count=1 2>/dev/null && head -c 12 /tmp/read && break; done';

test('an administrator tries the devices of his own copy before he packs it: powered on all of them, in preview as users will', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start(undefined, smallGuest({ hasDevices: true }));
  const { computer, vm } = job;
  await job.makeProject();
  const own = join(computer.folder, 'own');
  const manager = async (...args: string[]) => {
    const { status, stdout, stderr } = await computer.manager(...args);
    return { status, said: stdout + stderr };
  };
  const device = (what: string, ...args: string[]) => manager('vm', 'device', what, vm, ...args, '--run', own);
  for (const kind of ['cd', 'stick', 'sound']) await manager('vm', 'device', 'add', vm, kind, '--kind', kind);
  const image = (name: string, text: string) => {
    const path = join(computer.folder, name);
    writeFileSync(path, text.padEnd(MIB));
    return path;
  };
  const [first, second, stick] = [image('first.iso', 'first disc'), image('second.iso', 'second disc'), image('s', '')];
  const run = (mode: 'power-on' | 'preview') =>
    computer.startManager('host', mode, vm, '--run', own, '--accel', 'tcg', '--json');
  const shellOf = (said: string) => GuestShell.open(JSON.parse(said).sockets.console);
  const read = async (shell: GuestShell) => (await shell.run(READ)).output.trim();

  await t.test('while it does not run, its list has what users may; nothing can be connected', async () => {
    const { said } = await device('list');
    assert.match(said, /^cd +cd +– +the project lets nobody connect it\nstick +stick +– .*nobody.*\nsound +sound +– /m);
    assert.match((await device('connect', 'cd', first)).said, /VM_NOT_RUNNING/);
  });

  await t.test('powered on, he connects what policy lets nobody connect', async () => {
    const { said, ended } = await run('power-on');
    using shell = await shellOf(said);
    assert.match((await device('connect', 'cd', first)).said, /“cd” of office is connected: .*first\.iso/);
    assert.equal(await read(shell), 'first disc');
    assert.match((await device('list')).said, /^cd +cd +\S+first\.iso +everybody may connect it/m);
    assert.equal((await device('connect', 'cd', second)).status, 0);
    assert.equal(await read(shell), 'second disc');
    assert.equal((await device('connect', 'stick', stick)).status, 0);
    await shell.run('timeout 20 sh -c "until [ -b /dev/sda ]; do sleep 0.05; done"');
    await shell.run('printf written | dd of=/dev/sda conv=notrunc,fsync 2>/dev/null');
    assert.match(readFileSync(stick, 'utf8'), /^written/);
    assert.match((await device('connect', 'sound')).said, /“sound” of office is connected: the manager’s page/);
    assert.match((await device('connect', 'floppy', first)).said, /DEVICE_UNKNOWN.*\n.*vm device list/s);
    assert.match((await device('connect', 'cd', join(computer.folder, 'none.iso'))).said, /FILE_MISSING/);
    assert.match((await device('disconnect', 'cd')).said, /“cd” of office is not connected/);
    assert.equal(await read(shell), '');
    shell.send('poweroff -f');
    await ended;
    assert.match((await device('list')).said, /^stick +stick +– /m);
  });

  await t.test('in preview he may what users may, and is told who decided', async () => {
    await manager('policy', 'device', vm, 'cd', '--everybody');
    const { said, ended, child } = await run('preview');
    using shell = await shellOf(said);
    assert.match((await device('connect', 'stick', stick)).said, /DEVICE_FORBIDDEN: the project lets nobody/);
    assert.equal((await device('connect', 'cd', first)).status, 0);
    assert.equal(await read(shell), 'first disc');
    child.kill('SIGINT');
    await ended;
  });

  await t.test('it is disconnected when it is left, and can be connected once it goes on', async () => {
    const { said, child } = await run('preview');
    using shell = await shellOf(said);
    assert.match((await device('list')).said, /^cd +cd +– /m);
    assert.equal(await read(shell), '');
    assert.equal((await device('connect', 'cd', second)).status, 0);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    assert.match((await device('connect', 'cd', first)).said, /VM_NOT_RUNNING: office runs, but no manager/);
  });

  await t.test('a manager that takes it over knows what is connected', async () => {
    const { said, ended } = await run('preview');
    using shell = await shellOf(said);
    assert.match((await device('list')).said, /^cd +cd +\S+second\.iso/m);
    assert.equal((await device('connect', 'cd', first)).status, 0);
    assert.equal(await read(shell), 'first disc');
    shell.send('poweroff -f');
    await ended;
  });
});
