import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { endGroup, groupHasGone, processesInNamespace } from './processes.ts';

test('a group has gone once nothing of it runs, whoever led it', async () => {
  const leader = spawn('sh', ['-c', 'sleep 87654 & echo; wait'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { pid = 0 } = leader;
  await once(leader.stdout, 'data');
  assert.equal(await groupHasGone(pid, 20), false);
  process.kill(pid, 'SIGKILL');
  await once(leader, 'exit');
  assert.equal(await groupHasGone(pid, 20), false, 'what it started runs on');

  endGroup(pid);

  assert.equal(await groupHasGone(pid, 60_000), true);
});

test('who is in the network namespace of a file is found, and nobody where there is no such file', () => {
  const pids = processesInNamespace('/proc/self/ns/net').map(({ pid }) => pid);

  assert.equal(pids.includes(process.pid), true);
  assert.deepEqual(processesInNamespace('/no/such/file'), []);
});
