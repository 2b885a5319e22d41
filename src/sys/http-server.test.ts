import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { listenUnix } from './http-server.ts';

test('a socket is never open to others, not for a moment', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'socket');
  const before = process.umask(0);
  t.after(() => process.umask(before));

  const listening = listenUnix(path, (_request, response) => response.end(), {});
  while (!existsSync(path)) await turn();
  const first = statSync(path).mode & 0o777;
  await using _server = await listening;

  assert.deepEqual([first, statSync(path).mode & 0o777], [0o600, 0o600]);
  assert.equal(process.umask(), 0, 'other files are made as before');
});
