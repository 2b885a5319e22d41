import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { softwareTpm } from '../../../test/fakes/software-tpm.ts';
import { hasProgram, run } from '../../sys/programs/exec.ts';
import { computerPaths } from '../state/layout.ts';
import { mendMark, readMark, removeMark, writeMark } from './mark.ts';

const skip = ['swtpm', 'systemd-creds', 'tpm2_nvread'].every(hasProgram)
  ? false
  : 'swtpm, systemd-creds or tpm2-tools is not installed (npm test does)';
const damaged = { name: 'AppError', code: 'STATE_DAMAGED' };
const DAY_MS = 86_400_000;
const T = 1_800_000_000_000;
const VM = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-mark-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of the disk of then: the next service on it knows what lies there, and what the TPM says. */
function diskOf(t: TestContext, state: string): string {
  const copy = join(scratch(t), 'state');
  cpSync(computerPaths(state).seal, computerPaths(copy).seal, { recursive: true });
  return copy;
}

/** What a TPM holds beside what its maker put there. */
async function places(tpm: string): Promise<string[]> {
  return (await run('tpm2_getcap', ['-T', tpm, 'handles-nv-index'])).stdout.split('\n').filter(Boolean);
}

test('an older disk that is put back, with its key, has the time that the TPM was told last', { skip }, async (t) => {
  const state = join(scratch(t), 'state');
  const tpm = await softwareTpm(t, scratch(t));
  await writeMark(state, VM, T, tpm);
  const older = diskOf(t, state);
  assert.equal(await readMark(older, VM, tpm), T);

  await writeMark(state, VM, T + 3_600_000, tpm);
  const hour = diskOf(t, state);
  assert.equal(await readMark(diskOf(t, older), VM, tpm), T, 'a TPM is not written every minute');
  await writeMark(state, VM, T + 9 * DAY_MS, tpm);

  for (const disk of [older, hour]) assert.equal(await readMark(diskOf(t, disk), VM, tpm), T + 9 * DAY_MS);
  const other = '00000000-8b86-4d01-b42d-00cf4fc964ff';
  await writeMark(state, other, T, tpm);
  assert.equal(await readMark(diskOf(t, state), other, tpm), T, 'each machine has its own time');
  // An installation counts from the time that it brings.
  await writeMark(state, VM, T + DAY_MS, tpm);
  assert.equal(await readMark(diskOf(t, state), VM, tpm), T + DAY_MS);

  for (const vmId of [VM, other]) await removeMark(state, vmId, tpm);
  assert.deepEqual(await places(tpm), [], 'nothing is left in it');
});

test('where the TPM lost the time, has another’s, or has none to give, it is refused until a package is installed', {
  skip,
}, async (t) => {
  const state = join(scratch(t), 'state');
  const tpm = await softwareTpm(t, scratch(t));
  await writeMark(state, VM, T, tpm);
  const [index = ''] = (await places(tpm)).map((line) => line.replace('- ', ''));
  const older = diskOf(t, state);
  const define = ['-C', 'o', '-s', '16', '-a', 'authread|authwrite', '-p', 'other'];
  for (const spoil of [
    () => run('tpm2_nvundefine', ['-T', tpm, index, '-C', 'o']),
    async () => {
      await run('tpm2_nvundefine', ['-T', tpm, index, '-C', 'o']);
      await run('tpm2_nvdefine', ['-T', tpm, index, ...define]);
    },
  ]) {
    await spoil();
    const next = diskOf(t, older);
    await assert.rejects(readMark(next, VM, tpm), damaged);
    await writeMark(next, VM, T + DAY_MS, tpm);
    assert.equal(await readMark(diskOf(t, next), VM, tpm), T + DAY_MS);
  }
});

test('a mark that is lost is mended to the time of the TPM, with a clock that was set back too', {
  skip,
}, async (t) => {
  const state = join(scratch(t), 'state');
  const tpm = await softwareTpm(t, scratch(t));
  await writeMark(state, VM, T, tpm);
  const next = diskOf(t, state);
  rmSync(join(computerPaths(next).seal, `${VM}.json`));
  await assert.rejects(readMark(next, VM, tpm), damaged);
  await mendMark(next, VM, T - 9 * DAY_MS, tpm);
  for (const disk of [next, diskOf(t, next)]) assert.equal(await readMark(disk, VM, tpm), T);
});

test('in a TPM that lets nobody in but its owner, or does not answer, there is no time, and its file says it alone', {
  skip,
}, async (t) => {
  const state = join(scratch(t), 'state');
  const tpm = await softwareTpm(t, scratch(t));
  await run('tpm2_changeauth', ['-T', tpm, '-c', 'o', 'of its owner']);
  await writeMark(state, VM, T, tpm);
  assert.deepEqual(await places(tpm), []);
  assert.equal(await readMark(diskOf(t, state), VM, tpm), T);

  const bare = join(scratch(t), 'state');
  await writeMark(bare, VM, T, 'swtpm:host=127.0.0.1,port=1');
  assert.equal(await readMark(diskOf(t, bare), VM, 'swtpm:host=127.0.0.1,port=1'), T);
  assert.equal(await readMark(bare, VM), T);
});
