import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scratch } from '../../test/fakes/made-project.ts';
import { GUEST_TOOLS } from './tool-files.ts';

const TOOL = GUEST_TOOLS.find(({ name }) => name === 'vmware-guestd')?.path ?? '';

/** The tool as a guest’s ordinary user would run it: in a user namespace that maps nobody, its rights are those of the modes. */
function asOrdinaryUser(t: TestContext, portMode: number, lockMode: number) {
  const folder = scratch(t);
  const [port, run] = [join(folder, 'port'), join(folder, 'run')];
  writeFileSync(port, '');
  mkdirSync(run);
  chmodSync(port, portMode);
  chmodSync(run, lockMode);
  const env = { ...process.env, LAZARET_PORT: port, LAZARET_LOCK: join(run, 'lock'), LAZARET_TIMEOUT: '1' };
  return spawnSync('unshare', ['-U', 'sh', TOOL, '--cmd', 'nq-set 0x7B4C2902'], { env, encoding: 'utf8' });
}

test('nq-set by a guest’s ordinary user says that it needs root, and waits for nobody', (t) => {
  const noPort = asOrdinaryUser(t, 0o000, 0o700);
  const noLock = asOrdinaryUser(t, 0o600, 0o500);

  assert.deepEqual([noPort.status, noLock.status], [1, 1]);
  assert.match(noPort.stderr, /you may not use .*port: run this as root/);
  assert.match(noLock.stderr, /you may not make .*lock: run this as root/);
});
