import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { request } from './http.ts';
import { listenTcp, listenUnix, MOST_CONNECTIONS } from './http-server.ts';

/** Looks at a file without a pause from before it is there, counts how often it came, and tells every mode that it ever had. */
const WATCHER = `
  const { statSync } = require('node:fs');
  const { parentPort, workerData: { path, shared } } = require('node:worker_threads');
  const modes = new Set();
  let wasThere = false;
  parentPort.postMessage('looking');
  while (Atomics.load(shared, 0) === 0) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found) modes.add(found.mode & 0o777);
    if (found && !wasThere) Atomics.add(shared, 1, 1);
    wasThere = found !== undefined;
  }
  parentPort.postMessage([...modes]);`;

test('a socket is never open to others, not for a moment', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'socket');
  const before = process.umask(0);
  t.after(() => process.umask(before));
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const watcher = new Worker(WATCHER, { eval: true, workerData: { path, shared } });
  await once(watcher, 'message');

  // A watcher that gets no processor sees nothing.
  while (Atomics.load(shared, 1) < 20) {
    await using _server = await listenUnix(path, (_request, response) => response.end(), {});
    assert.equal(statSync(path).mode & 0o777, 0o600);
  }

  Atomics.store(shared, 0, 1);
  const [modes] = await once(watcher, 'message');
  assert.deepEqual(modes, [0o600]);
  assert.equal(process.umask(), 0, 'other files are made as before');
});

test('an address that is not this computer’s is refused as such, and so is a port that somebody has', async () => {
  const listen = (host: string, port: number) => listenTcp(host, port, (_request, response) => response.end());
  for (const host of ['192.0.2.1', '2001:db8::1', 'nowhere.invalid'])
    await assert.rejects(listen(host, 0), { name: 'AppError', code: 'USAGE' }, host);
  await using first = await listen('127.0.0.1', 0);
  await assert.rejects(listen('127.0.0.1', first.port), { name: 'AppError', code: 'PORT_IN_USE' });
});

test('whoever opens connections without end has so many, and others of the process are answered meanwhile', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [path, other] = [join(folder, 'socket'), join(folder, 'other')];
  await using _server = await listenUnix(path, (_request, response) => response.end(), {});
  await using _other = await listenUnix(other, (_request, response) => response.end(), {});
  const sockets = Array.from({ length: MOST_CONNECTIONS + 20 }, () => connect(path));
  t.after(() => sockets.forEach((socket) => void socket.destroy()));
  const ended = sockets.filter((_socket, at) => at >= MOST_CONNECTIONS).map((socket) => once(socket, 'close'));
  await Promise.all(ended);

  assert.equal(await answer(other), 200);
  assert.equal(sockets.filter(({ closed }) => closed).length, 20);
  sockets[0]?.destroy();
  while ((await answer(path).catch(() => 0)) !== 200) await setImmediate();
});

test('a server for other computers takes as many as come: each of them waits for news', async (t) => {
  await using server = await listenTcp('127.0.0.1', 0, (_request, response) => response.end());
  const sockets = Array.from({ length: MOST_CONNECTIONS + 1 }, () => connect(server.port, '127.0.0.1'));
  t.after(() => sockets.forEach((socket) => void socket.destroy()));

  const answers = sockets.map((socket) => once(socket, 'data'));
  for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  for (const [said] of await Promise.all(answers)) assert.match(`${said}`, /^HTTP\/1\.1 200 /);
});

async function answer(socketPath: string): Promise<number | undefined> {
  const [response] = await once(request({ socketPath, agent: false }).end(), 'response');
  return response.resume().statusCode;
}
