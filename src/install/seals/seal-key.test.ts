import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { softwareTpm } from '../../../test/fakes/software-tpm.ts';
import { hasProgram } from '../../sys/programs/exec.ts';
import { wrapByTpm } from '../../sys/programs/systemd-creds.ts';
import { computerPaths } from '../state/layout.ts';
import { knownSealKey, mendSealKey, sealKey } from './seal-key.ts';

const skip =
  hasProgram('swtpm') && hasProgram('systemd-creds')
    ? false
    : 'swtpm or systemd-creds is not installed (npm test does)';
const code = (wanted: string) => ({ name: 'AppError', code: wanted });

function scratch(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-seal-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const state = join(folder, 'state');
  return { folder, state, key: join(computerPaths(state).seal, 'key') };
}

test('the key of seals is wrapped by a TPM, which alone gives it back', { skip }, async (t) => {
  const { folder, state, key } = scratch(t);
  const tpm = await softwareTpm(t, folder);
  const made = await sealKey(state, tpm);

  assert.equal(made.length, 32);
  const kept = readFileSync(key);
  assert.ok(!kept.includes(made) && !kept.toString('utf8').includes(made.toString('hex')));
  assert.deepEqual(await sealKey(state, tpm), made);

  // Another computer: its TPM is another, or it has none.
  const { folder: elsewhere, state: copy, key: copied } = scratch(t);
  await sealKey(copy, undefined);
  // What was unwrapped here once is known by its bytes: these are wrapped anew.
  writeFileSync(copied, await wrapByTpm('ab'.repeat(32), tpm));
  const other = await softwareTpm(t, elsewhere);
  assert.equal(await knownSealKey(copy, other), undefined);
  assert.equal(await knownSealKey(copy, undefined), undefined);
  await assert.rejects(sealKey(copy, other), code('SEAL_KEY_LOST'), 'and no other is made in its place');
  assert.deepEqual(await knownSealKey(copy, tpm), Buffer.from('ab'.repeat(32), 'hex'));
});

test('a key that was made without a TPM is wrapped by the one that is there when something is installed', {
  skip,
}, async (t) => {
  const { folder, state, key } = scratch(t);
  const made = await sealKey(state, undefined);
  await mendSealKey(state, 'swtpm:host=127.0.0.1,port=1');
  assert.deepEqual(readFileSync(key), made, 'one that does not answer changes nothing');
  const tpm = await softwareTpm(t, folder);

  await mendSealKey(state, tpm);

  const kept = readFileSync(key);
  assert.ok(!kept.includes(made) && !kept.toString('utf8').includes(made.toString('hex')));
  assert.equal(await knownSealKey(state, undefined), undefined, 'without the TPM it says nothing');
  assert.deepEqual(await knownSealKey(state, tpm), made);
  await mendSealKey(state, tpm);
  assert.deepEqual(readFileSync(key), kept, 'it is wrapped once');
});

test('a key that cannot be read stays until an installation has another one made, and is kept beside it', async (t) => {
  const { state, key } = scratch(t);
  const first = await sealKey(state, undefined);
  assert.deepEqual(await sealKey(state, undefined), first);
  await mendSealKey(state, undefined);
  assert.deepEqual(await sealKey(state, undefined), first, 'one that is whole stays');

  writeFileSync(key, 'damaged');
  await assert.rejects(sealKey(state, undefined), code('SEAL_KEY_LOST'));
  assert.equal(readFileSync(key, 'utf8'), 'damaged');
  await mendSealKey(state, undefined);
  const second = await sealKey(state, undefined);
  assert.notDeepEqual(second, first);
  assert.equal(readFileSync(`${key}.former`, 'utf8'), 'damaged');
});

test('a TPM that does not answer is as none, when a key is made', async (t) => {
  const { state, key } = scratch(t);
  const made = await sealKey(state, 'swtpm:host=127.0.0.1,port=1');
  assert.deepEqual(readFileSync(key), made);
});
