import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cd } from '../../src/run/devices/kinds/cd.ts';
import { parallel } from '../../src/run/devices/kinds/parallel.ts';
import { stick } from '../../src/run/devices/kinds/stick.ts';
import { usb } from '../../src/run/devices/kinds/usb.ts';
import { printOut } from '../../src/sys/printing/print-out.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { handFile } from '../../src/sys/programs/hand-file.ts';
import { chardevId } from '../../src/vm/devices.ts';
import { driveState, freeSet } from '../../src/vm/media.ts';
import { Qmp } from '../../src/vm/qmp.ts';
import { isPlugged, plugHostDevice } from '../../src/vm/usb.ts';
import { code } from '../fakes/made-computer.ts';
import { scratch } from '../fakes/made-project.ts';
import { NO_PRINTER } from '../fakes/no-printer.ts';

const skip = !hasProgram('qemu-system-x86_64') || process.getuid?.() !== 0 ? 'needs QEMU, and root' : false;
/** A user of every computer who owns nothing. */
const NOBODY = 65534;

/** A QEMU without a guest, with a drive; and a folder in which the user has a file and root another. */
async function standing(t: TestContext) {
  const folder = scratch(t);
  chmodSync(folder, 0o755);
  const monitor = join(folder, 'files');
  const words = ['-S', '-nodefaults', '-machine', 'q35,usb=off', '-display', 'none', '-device', 'ide-cd,id=device-cd'];
  const monitors = [
    '-qmp',
    `unix:${join(folder, 'qmp')},server=on,wait=off`,
    '-qmp',
    `unix:${monitor},server=on,wait=off`,
  ];
  const child = spawn('qemu-system-x86_64', [...words, '-device', 'qemu-xhci', ...monitors], { stdio: 'inherit' });
  t.after(() => ended(child));
  while (!existsSync(monitor)) await sleep(20);
  const qemu = await Qmp.connect(join(folder, 'qmp'));
  t.after(() => qemu[Symbol.asyncDispose]());
  const own = join(folder, 'own.iso');
  const others = join(folder, 'others.iso');
  for (const path of [own, others]) writeFileSync(path, 'QFI\xfb'.padEnd(4096), { mode: 0o600, encoding: 'latin1' });
  chownSync(own, NOBODY, NOBODY);
  return { folder, own, others, qemu, monitor };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

test('a disc is opened with the rights of who connects it: of others’ files root’s rights open none', {
  skip,
}, async (t) => {
  const { folder, own, others, qemu, monitor } = await standing(t);
  const connect = (what: string, uid?: number) =>
    cd.connect(
      { qemu, monitor, parallel: '', printer: NO_PRINTER },
      'cd',
      { kind: 'cd' },
      { what, uid, isForced: true },
    );
  const link = join(folder, 'link.iso');
  symlinkSync(others, link);
  mkdirSync(join(folder, 'closed'), { mode: 0o700 });
  writeFileSync(join(folder, 'closed', 'a.iso'), 'a'.repeat(2048));

  for (const path of [others, link, join(folder, 'closed', 'a.iso'), '/etc/shadow', '/proc/1/environ'])
    await assert.rejects(connect(path, NOBODY), code('FILE_DENIED'), path);
  await assert.rejects(connect(join(folder, 'none.iso'), NOBODY), code('FILE_MISSING'));
  assert.equal((await driveState(qemu, 'cd')).node, undefined);
  assert.equal(await freeSet(qemu), 1000, 'nothing of it was handed to QEMU');

  await connect(own, NOBODY);
  assert.equal((await driveState(qemu, 'cd')).node, 'medium-1000');
  await connect(others);
  await cd.disconnect({ qemu, monitor, parallel: '', printer: NO_PRINTER }, 'cd', true);
  assert.equal(await cd.isConnected({ qemu, monitor, parallel: '', printer: NO_PRINTER }, 'cd'), false);
});

test('an image that says that it is of another format is a disc of those bytes', { skip }, async (t) => {
  const { own, qemu, monitor } = await standing(t);
  await cd.connect(
    { qemu, monitor, parallel: '', printer: NO_PRINTER },
    'cd',
    { kind: 'cd' },
    { what: own, uid: NOBODY, isForced: true },
  );
  const [drive] = (await qemu.execute('query-block')) as { inserted: { drv: string; image: object } }[];
  assert.equal(drive?.inserted.drv, 'raw');
  assert.ok(!('backing-image' in (drive?.inserted.image ?? {})));
});

test('an image that another machine writes is not connected; a copy is', { skip }, async (t) => {
  const { own, others, qemu, monitor, folder } = await standing(t);
  // As a machine has it that writes to it.
  const file = { driver: 'file', filename: own };
  await qemu.execute('blockdev-add', { driver: 'raw', 'node-name': 'writer', file });
  await qemu.execute('device_add', { driver: 'usb-storage', drive: 'writer', 'share-rw': false });
  const connect = (what: string) =>
    cd.connect(
      { qemu, monitor, parallel: '', printer: NO_PRINTER },
      'cd',
      { kind: 'cd' },
      { what, uid: undefined, isForced: true },
    );
  await connect(others);
  await assert.rejects(connect(own), code('DEVICE_IN_USE'));
  assert.equal((await driveState(qemu, 'cd')).node, 'medium-1000', 'the former disc is in it');
  const copy = join(folder, 'copy.iso');
  copyFileSync(own, copy);
  await connect(copy);
});

test('a stick is plugged in and pulled out again and again, and QEMU keeps nothing of it', { skip }, async (t) => {
  const { own, others, qemu, monitor, folder } = await standing(t);
  const host = { qemu, monitor, parallel: '', printer: NO_PRINTER };
  const connect = (what: string, uid?: number) =>
    stick.connect(host, 'stick', { kind: 'stick' }, { what, uid, isForced: false });
  const odd = join(folder, 'odd.img');
  writeFileSync(odd, 'a'.repeat(700));
  await assert.rejects(connect(odd), code('DEVICE_IMAGE'));
  await assert.rejects(connect(others, NOBODY), code('FILE_DENIED'));
  assert.equal(await stick.isConnected(host, 'stick'), false);
  for (let round = 0; round < 3; round += 1) {
    assert.equal(await connect(own, NOBODY), own);
    assert.equal(await stick.isConnected(host, 'stick'), true);
    if (round === 1) await connect(others);
    await stick.disconnect(host, 'stick', false);
    assert.equal(await stick.isConnected(host, 'stick'), false);
  }
  assert.deepEqual(await qemu.execute('query-named-block-nodes', { flat: true }), []);
});

test('what is printed is written with the rights of who connects the port, and not more than a disk bears', {
  skip,
}, async (t) => {
  const { own, others, qemu, monitor, folder } = await standing(t);
  const [path, many, name] = [join(folder, 'parallel'), join(folder, 'many.txt'), 'lpt'];
  // As a parallel port’s, which leads to nobody yet.
  const server = { type: 'unix', data: { path } };
  await qemu.execute('chardev-add', {
    id: chardevId(name),
    backend: { type: 'socket', data: { addr: server, server: true, wait: false } },
  });
  const host = { qemu, monitor, parallel: path, printer: NO_PRINTER };
  const connect = (what: string, uid?: number) =>
    parallel.connect(host, name, { kind: 'parallel' }, { what, uid, isForced: false });
  await assert.rejects(connect(others, NOBODY), code('FILE_DENIED'));
  await assert.rejects(connect(join(folder, 'new.txt'), NOBODY), code('FILE_DENIED'));
  assert.equal(await parallel.isConnected(host, name), false);
  assert.equal(await connect(own, NOBODY), own);
  assert.equal(await parallel.isConnected(host, name), true);
  await connect(many);
  await parallel.disconnect(host, name, false);
  assert.equal(await parallel.isConnected(host, name), false);
});

test('of what is printed a file gets 64 MiB at most', { skip }, async (t) => {
  const folder = scratch(t);
  const [socket, path] = [join(folder, 'socket'), join(folder, 'printed.txt')];
  const server = createServer({ allowHalfOpen: true }).listen(socket);
  t.after(() => server.close());
  await once(server, 'listening');
  const connected = once(server, 'connection') as Promise<[Socket]>;
  assert.equal(await printOut({ socket, path, uid: undefined }), true);
  const [printing] = await connected;
  // What it has not read when it closes is told as a reset.
  printing.on('error', () => undefined);
  const closed = new Promise((resolve) => printing.once('close', resolve));
  for (let mebibyte = 0; mebibyte < 65; mebibyte += 1) printing.write(Buffer.alloc(1 << 20, 'a'));
  await closed;
  while (statSync(path).size < 64 << 20) await sleep(20);
  await sleep(100);
  assert.equal(statSync(path).size, 64 << 20);
});

test('a USB device is handed to QEMU as such, and nothing else in its place', { skip }, async (t) => {
  const { own, qemu, monitor } = await standing(t);
  const device = { kind: 'usb', vendor: '1050' } as const;
  const wish = { what: own, uid: undefined, isForced: false };
  await assert.rejects(
    usb.connect({ qemu, monitor, parallel: '', printer: NO_PRINTER }, 'token', device, wish),
    code('DEVICE_NONE'),
  );
  const handing = { isWritable: true, takes: ['usb'] as const, monitor, set: 1000, label: 'token', uid: undefined };
  for (const path of [own, '/dev/null']) assert.equal(await handFile({ ...handing, path }), undefined, path);
  // A file in the place of one: QEMU opens what it was handed, and finds that it is no USB device.
  await handFile({ ...handing, takes: ['file'], path: own });
  await assert.rejects(plugHostDevice(qemu, 'token', 1000), code('VM_FAILED'));
  assert.equal(await isPlugged(qemu, 'token'), false);
});
