import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasProgram } from '../programs/exec.ts';
import { clearState, isLockedState, lockedState, tpmKey } from './tpm-form.ts';
import { bringTpmState } from './tpm-state.ts';

const skip = hasProgram('swtpm') ? false : 'swtpm is not installed';
const KEY = tpmKey('what opens the disks');

/** Starts a TPM by the state in a folder, and ends it once it listens; gives whether it took that state. */
async function takes(folder: string, key?: string): Promise<boolean> {
  const socket = join(folder, 'socket');
  rmSync(socket, { force: true });
  const flags = ['--flags', 'not-need-init,startup-clear', '--server', `type=unixio,path=${socket}`];
  const given = key === undefined ? [] : ['--key', 'fd=0,mode=aes-256-cbc,format=hex,remove=false'];
  const args = ['socket', '--tpm2', '--tpmstate', `dir=${folder}`, ...flags, ...given];
  const child = spawn('swtpm', args, { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(child, 'exit');
  child.stdin.end(key);
  while (child.exitCode === null && !existsSync(socket)) await sleep(10);
  // It listens before it looks at its state, and ends once it cannot have it.
  const last = await Promise.race([ended, sleep(500)]);
  child.kill();
  await ended;
  return last === undefined;
}

function madeFolder(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-tpm-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return { folder, file: join(folder, 'tpm2-00.permall') };
}

test('a state that is encrypted here is one that swtpm takes with that key, and with no other', { skip }, async (t) => {
  const { folder, file } = madeFolder(t);
  assert.equal(await takes(folder), true);
  const clear = readFileSync(file);

  await bringTpmState(folder, KEY, true);

  assert.equal(isLockedState(readFileSync(file)), true);
  assert.equal(await takes(folder, tpmKey('another')), false);
  assert.equal(await takes(folder), false);
  assert.equal(await takes(folder, KEY), true);
  assert.deepEqual(clearState(lockedState(clear, KEY), KEY), clear);
});

test('one that swtpm encrypted is one that it takes in clear', { skip }, async (t) => {
  const { folder, file } = madeFolder(t);
  assert.equal(await takes(folder, KEY), true);
  assert.equal(isLockedState(readFileSync(file)), true);
  await bringTpmState(folder, KEY, false);
  assert.equal(isLockedState(readFileSync(file)), false);
  assert.equal(await takes(folder), true);
});

test('one that is cut off, changed, or of another key is refused', async (t) => {
  const clear = Buffer.from('0201000a00000000001400010000000401020304', 'hex');
  const locked = lockedState(clear, KEY);
  assert.deepEqual(clearState(locked, KEY), clear);
  const refused = { code: 'FILE_INVALID' };
  assert.throws(() => clearState(locked, tpmKey('another')), refused);
  for (let length = 0; length < locked.length; length += 1)
    assert.throws(() => clearState(locked.subarray(0, length), KEY), refused);
  for (const at of [20, 40, locked.length - 1]) {
    const changed = Buffer.from(locked);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    assert.throws(() => clearState(changed, KEY), refused);
  }
  const { folder, file } = madeFolder(t);
  writeFileSync(file, 'no state');
  await assert.rejects(bringTpmState(folder, KEY, true), refused);
});
