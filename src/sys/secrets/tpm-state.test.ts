import assert from 'node:assert/strict';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { copyTpmState, handTpmState, putTpmState } from './tpm-state.ts';

const STATE = 'tpm2-00.permall';

function folders(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'lazaret-tpm-'));
  t.after(() => rmSync(root, { recursive: true }));
  return { tpm: join(root, 'tpm'), kept: join(root, 'kept'), secret: join(root, 'secret') };
}

test('the state of a TPM is kept, and put back in place of what it has become', async (t) => {
  const { tpm, kept } = folders(t);
  mkdirSync(tpm);
  writeFileSync(join(tpm, STATE), 'then');
  await copyTpmState(tpm, kept);
  writeFileSync(join(tpm, STATE), 'now');
  writeFileSync(join(tpm, 'volatile'), 'of now');
  await putTpmState(kept, tpm);
  assert.equal(readFileSync(join(tpm, STATE), 'utf8'), 'then');
  assert.equal(existsSync(join(tpm, 'volatile')), false);
});

test('a TPM that had no state yet has none again', async (t) => {
  const { tpm, kept } = folders(t);
  await copyTpmState(tpm, kept);
  assert.equal(existsSync(kept), false);
  mkdirSync(tpm);
  writeFileSync(join(tpm, STATE), 'now');
  await putTpmState(kept, tpm);
  assert.equal(existsSync(tpm), false);
});

test('what a broken TPM put in place of its state is not followed', async (t) => {
  const { tpm, kept, secret } = folders(t);
  writeFileSync(secret, 'of somebody else');
  mkdirSync(tpm);
  for (const link of [symlinkSync, linkSync, (_secret: string, path: string) => mkdirSync(path)]) {
    link(secret, join(tpm, STATE));
    await assert.rejects(copyTpmState(tpm, kept), { name: 'AppError' });
    await assert.rejects(handTpmState(tpm, process.getuid?.()), { name: 'AppError' });
    assert.equal(existsSync(kept), false);
    rmSync(join(tpm, STATE), { recursive: true });
  }
});
