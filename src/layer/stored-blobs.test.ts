import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { makeFolder, plainBase, rebuildPlain } from '../../test/fakes/plain-layer.ts';
import { readBlob } from './blob.ts';

/** Blobs of format 1 as they were first made, never to be made anew: every later version reads them. */
const STORED = join(import.meta.dirname, '../../test/vectors/layer-1');
const names = readdirSync(STORED).filter((name) => name.endsWith('.blob'));

test('there are stored blobs of every mode', () =>
  assert.deepEqual(names, ['fast.blob', 'small.blob', 'smallest.blob']));

for (const name of names) {
  test(`the stored blob ${name} still gives its layer, byte for byte`, async (t) => {
    const folder = makeFolder(t);
    const base = plainBase(join(folder, 'base'), zstdDecompressSync(readFileSync(join(STORED, 'base.zst'))));
    const blob = readFileSync(join(STORED, name));
    const described = JSON.parse(readFileSync(join(STORED, name.replace('.blob', '.json')), 'utf8'));

    const rebuilt = await rebuildPlain(folder, blob, { base, described });

    assert.equal(hash('sha256', blob), described.blob.sha256);
    assert.equal(hash('sha256', rebuilt), described.layer.sha256);
    if (name === 'fast.blob') return;
    const { frames } = readBlob(join(folder, 'received'), { ...described.layer, blob: described.blob }, 64 * 4096);
    const used = (pick: 'base' | 'own') => [...frames()].some(({ dictionary }) => dictionary[pick].length > 0);
    assert.ok(used('base') && (name === 'smallest.blob' || used('own')), 'it shows what the format can say');
  });
}
