import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectPaths, vmPaths } from '../../src/project/layout.ts';
import { openProject } from '../../src/project/open.ts';
import { type Ends, madeProject, scratch } from '../fakes/made-project.ts';
import { managerProcess } from '../fakes/manager-process.ts';

const MIB = 1 << 20;
const LOOK_MS = 50;
/** What has not moved for so many looks stands still. */
const STILL_LOOKS = 10;

async function opened(t: Ends) {
  const project = await madeProject(t);
  return { folder: project.folder, manager: await managerProcess(t, project.folder) };
}

/** Nothing of an import that did not come to its end is anywhere in the project. */
function holdsNothingOf(folder: string, vm: string): void {
  assert.equal(existsSync(projectPaths(folder).uploads), false);
  assert.deepEqual(
    readdirSync(projectPaths(folder).vms).filter((name) => name.includes(vm)),
    [],
  );
}

const upload = (bytes: number, name = 'lab.raw') => ({ diskFormat: 'raw', disk: { upload: { name, bytes } } });

test('a disk that the page sends becomes a machine, and says how much of it has come', async (t) => {
  const { folder, manager } = await opened(t);
  const bytes = randomBytes(4 * MIB);
  const { id } = await manager.ask('importDisk', { body: { vm: 'lab', memoryMiB: 64, ...upload(bytes.length) } });
  const waiting = await manager.ask('task', { id });
  assert.equal(waiting.progress?.part, 'upload');

  const sent = await manager.fetch(`/v1/tasks/${id}/disk`, { method: 'PUT', body: bytes });
  assert.equal(sent.status, 200);
  const task = await manager.over(id);

  assert.deepEqual(task.kind === 'import' && task.result, { vm: 'lab', firmware: 'bios', warnings: [] });
  const lab = (await openProject(folder)).vms.find(({ name }) => name === 'lab');
  assert.equal(lab?.file.value.memoryMiB, 64);
  assert.equal(existsSync(projectPaths(folder).uploads), false, 'what was sent is not kept beside the disk');
});

test('a disk of this computer becomes a machine by its path', async (t) => {
  const { folder, manager } = await opened(t);
  const path = join(folder, '..', 'own.raw');
  writeFileSync(path, randomBytes(MIB));

  const { id } = await manager.ask('importDisk', { body: { vm: 'lab', diskFormat: 'raw', disk: { path } } });

  assert.equal((await manager.over(id)).state, 'done');
  assert.ok(existsSync(vmPaths(folder, 'lab').work));
});

test('a file that is no disk is refused by the name that it was sent under, and nothing is left', async (t) => {
  const { folder, manager } = await opened(t);
  const text = Buffer.alloc(MIB, 'no disk at all');
  const body = { vm: 'lab', disk: { upload: { name: 'holiday.txt', bytes: text.length } } };
  const { id } = await manager.ask('importDisk', { body });
  await manager.fetch(`/v1/tasks/${id}/disk`, { method: 'PUT', body: text });

  const { failure } = await manager.over(id);

  assert.equal(failure?.code, 'DISK_UNKNOWN');
  assert.match(failure?.reason ?? '', /^holiday\.txt is not a disk image/);
  holdsNothingOf(folder, 'lab');
});

test('a file that does not fit the disk, or that no disk can be, is refused before a byte of it is sent', async (t) => {
  const { folder, manager } = await opened(t);
  const ask = (bytes: number) => manager.ask('importDisk', { body: { vm: 'lab', ...upload(bytes) } });
  await assert.rejects(ask(2 ** 40), { code: 'DISK_FULL', message: /lab\.raw has 1\.0 TiB, and .* are free/ });
  await assert.rejects(ask(2 ** 41), { code: 'USAGE' });
  assert.deepEqual((await manager.ask('tasks')).tasks, []);
  holdsNothingOf(folder, 'lab');
});

test('a name that is taken, or that is a path, is refused before anything is sent', async (t) => {
  const { manager } = await opened(t);
  const ask = (vm: string) => manager.ask('importDisk', { body: { vm, ...upload(MIB) } });
  await assert.rejects(ask('office'), { code: 'VM_EXISTS' });
  await assert.rejects(ask('../lab'), { code: 'VM_NAME' });
});

test('more than was said, or less, is cut: the task failed, and nothing is left', async (t) => {
  const { folder, manager } = await opened(t);
  for (const length of [2 * MIB, MIB / 2]) {
    const { id } = await manager.ask('importDisk', { body: { vm: 'lab', ...upload(MIB) } });
    const sending = requestOf(manager, id, length);
    // Who is refused in the middle of what he sends may not come to read the answer; the task has it too.
    sending.on('response', (answer) => answer.resume()).end(Buffer.alloc(length));
    await new Promise((done) => sending.on('close', done));
    assert.equal((await manager.over(id)).failure?.code, 'UPLOAD_CUT');
    holdsNothingOf(folder, 'lab');
  }

  const { id } = await manager.ask('importDisk', { body: { vm: 'lab', ...upload(MIB) } });
  await manager.fetch(`/v1/tasks/${id}/disk`, { method: 'PUT', body: randomBytes(MIB) });
  assert.equal((await manager.over(id)).state, 'done', 'chosen again, and sent whole');
});

type Manager = { origin: string; cookie: string };

/** A request that sends a file, on a connection of its own. */
function requestOf({ origin, cookie }: Manager, id: string, length: number) {
  const headers = { cookie, origin, 'content-length': length };
  const options = { method: 'PUT', headers, agent: false };
  return request(`${origin}/api/v1/tasks/${id}/disk`, options).on('error', () => undefined);
}

/** Begins to send a file, and does not go on. */
async function begunUpload(manager: Manager, id: string) {
  const sending = requestOf(manager, id, 64 * MIB);
  await new Promise<void>((done) => sending.write(randomBytes(MIB), () => done()));
  return sending;
}

test('a page that is closed while it sends: the task failed, and nothing is left', async (t) => {
  const { folder, manager } = await opened(t);
  const { id } = await manager.ask('importDisk', { body: { vm: 'lab', ...upload(64 * MIB) } });
  const sending = await begunUpload(manager, id);
  await manager.until(id, ({ progress }) => (progress?.amounts?.done ?? 0) > 0);

  sending.destroy();

  assert.equal((await manager.over(id)).failure?.code, 'UPLOAD_CUT');
  holdsNothingOf(folder, 'lab');
});

test('an import that is cancelled while it is sent, or before, leaves nothing', async (t) => {
  const { folder, manager } = await opened(t);
  const before = await manager.ask('importDisk', { body: { vm: 'lab', ...upload(64 * MIB) } });
  await manager.ask('cancelTask', { id: before.id });
  assert.equal((await manager.over(before.id)).state, 'cancelled');

  const { id } = await manager.ask('importDisk', { body: { vm: 'lab', ...upload(64 * MIB) } });
  const sending = await begunUpload(manager, id);
  await manager.until(id, ({ progress }) => (progress?.amounts?.done ?? 0) > 0);
  await manager.ask('cancelTask', { id });

  assert.equal((await manager.over(id)).state, 'cancelled');
  sending.destroy();
  holdsNothingOf(folder, 'lab');
});

/** A manager whose project is on a disk that stands still while it is wanted, and takes nothing that is sent. */
async function onSlowDisk(t: Ends) {
  const project = await madeProject(t);
  const mark = join(scratch(t), 'slow');
  const SLOW_DISK = join(import.meta.dirname, '..', 'fakes', 'slow-disk.ts');
  const environment = { NODE_OPTIONS: `--import=${SLOW_DISK}`, SLOW_DISK: project.folder, SLOW_WHILE: mark };
  const manager = await managerProcess(t, project.folder, { environment });
  return { folder: project.folder, manager, stands: () => writeFileSync(mark, ''), goesOn: () => rmSync(mark) };
}

/** How much of what is sent has left, once it does not get more any longer. */
async function leftOf(sending: ClientRequest): Promise<number> {
  const { socket } = sending;
  assert.ok(socket);
  const left = () => socket.bytesWritten - socket.writableLength;
  for (let [before, same] = [-1, 0]; same < STILL_LOOKS; ) {
    await sleep(LOOK_MS);
    same = left() === before ? same + 1 : 0;
    before = left();
  }
  return left();
}

test('a disk that stands still while a file is sent: no more is taken than some buffers hold; then it comes whole', async (t) => {
  const { folder, manager, stands, goesOn } = await onSlowDisk(t);
  const { id } = await manager.ask('importDisk', { body: { vm: 'lab', ...upload(64 * MIB) } });
  const sending = await begunUpload(manager, id);
  await manager.until(id, ({ progress }) => (progress?.amounts?.done ?? 0) > 0);
  stands();
  sending.end(randomBytes(63 * MIB));

  assert.ok((await leftOf(sending)) < 32 * MIB);
  const { state, progress } = await manager.ask('task', { id });
  assert.equal(state, 'running');
  assert.ok((progress?.amounts?.done ?? 0) < 32 * MIB);
  goesOn();

  assert.equal((await manager.over(id)).state, 'done');
  assert.ok(existsSync(vmPaths(folder, 'lab').work));
});

test('an import that is cancelled while the disk stands still ends when it goes on, and leaves nothing', async (t) => {
  const { folder, manager, stands, goesOn } = await onSlowDisk(t);
  const { id } = await manager.ask('importDisk', { body: { vm: 'lab', ...upload(64 * MIB) } });
  const sending = await begunUpload(manager, id);
  await manager.until(id, ({ progress }) => (progress?.amounts?.done ?? 0) > 0);
  stands();
  sending.write(randomBytes(32 * MIB));
  await leftOf(sending);

  await manager.ask('cancelTask', { id });
  goesOn();

  assert.equal((await manager.over(id)).state, 'cancelled');
  sending.destroy();
  holdsNothingOf(folder, 'lab');
});

test('a file is taken once, and only for a task that waits for one', async (t) => {
  const { manager } = await opened(t);
  const send = (id: string, body = '') => manager.fetch(`/v1/tasks/${id}/disk`, { method: 'PUT', body });
  assert.equal((await send('no-such-task')).status, 404);
  const { id } = await manager.ask('importDisk', { body: { vm: 'lab', ...upload(MIB) } });
  assert.equal((await send(id, 'x'.repeat(MIB))).status, 200);
  assert.equal((await send(id)).status, 404);
  await manager.over(id);
});
