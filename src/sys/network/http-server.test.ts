import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { listenUnix } from './http-server.ts';

/** Looks at a file without a pause from before it is there, and tells every mode that it ever had. */
const WATCHER = `
  const { statSync } = require('node:fs');
  const { parentPort, workerData: { path, stop } } = require('node:worker_threads');
  const modes = new Set();
  parentPort.postMessage('looking');
  while (Atomics.load(stop, 0) === 0) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found) modes.add(found.mode & 0o777);
  }
  parentPort.postMessage([...modes]);`;

test('a socket is never open to others, not for a moment', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'socket');
  const before = process.umask(0);
  t.after(() => process.umask(before));
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const watcher = new Worker(WATCHER, { eval: true, workerData: { path, stop } });
  await once(watcher, 'message');

  for (let times = 0; times < 20; times += 1) {
    await using _server = await listenUnix(path, (_request, response) => response.end(), {});
    assert.equal(statSync(path).mode & 0o777, 0o600);
  }

  Atomics.store(stop, 0, 1);
  const [modes] = await once(watcher, 'message');
  assert.deepEqual(modes, [0o600]);
  assert.equal(process.umask(), 0, 'other files are made as before');
});
