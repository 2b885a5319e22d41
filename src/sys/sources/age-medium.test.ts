import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { writeAgeFile } from '../secrets/age-file.ts';
import { ageFileKey } from '../secrets/age-stream.ts';
import { AgeMedium, readAgeHead } from './age-medium.ts';
import { folderSource } from './folder-source.ts';
import type { Source } from './source.ts';

const CHUNK = 64 << 10;

/** An age file of so many bytes, each of which tells where it is, and the medium that it is. */
async function made(t: TestContext, length: number, from: (source: Source) => Source = (source) => source) {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const text = Buffer.from(Array.from({ length }, (_none, at) => (at * 7 + (at >> 8)) & 255));
  const identity = await generateX25519Identity();
  const recipients = [await identityToRecipient(identity)];
  const path = join(folder, 'file');
  const bytes = await writeAgeFile(path, oneByOne(text), recipients);
  const file = { source: from(folderSource(folder)), path: 'file', bytes };
  const head = await readAgeHead(file);
  const fileKey = (await ageFileKey(head.header, identity)) ?? assert.fail('no key');
  return { text, path, file, head, fileKey, medium: new AgeMedium(file, head, fileKey) };
}

async function* oneByOne(text: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += 10_000) yield text.subarray(at, at + 10_000);
}

for (const length of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 77]) {
  test(`any run of ${length} encrypted bytes is read as what it was`, async (t) => {
    const { text, medium } = await made(t, length);
    assert.equal(medium.size, length);
    const runs = fc.tuple(fc.nat(length), fc.nat(length)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    await fc.assert(
      fc.asyncProperty(runs, async ([from, to]) => {
        assert.deepEqual(await medium.read(from, to - from), text.subarray(from, to));
      }),
      { numRuns: 20 },
    );
    await assert.rejects(medium.read(length, 1), { code: 'MEDIA_INVALID' });
  });
}

test('a server that gives all of a file, whatever is wanted of it, gives the same', async (t) => {
  const all = (source: Source): Source => ({
    ...source,
    isRemote: true,
    open: async (path, { from: _from, bytes: _bytes, ...wanted }) => ({
      ...(await source.open(path, wanted)),
      isWhole: true,
    }),
  });
  const { text, medium } = await made(t, 3 * CHUNK, all);

  assert.deepEqual(await medium.read(CHUNK + 5, CHUNK), text.subarray(CHUNK + 5, 2 * CHUNK + 5));
});

test('a file that is cut, or that goes on, is refused where it shows: no chunk is taken for the last that is not', async (t) => {
  const { path, file, head, fileKey, medium } = await made(t, 3 * CHUNK);
  const cut = file.bytes - CHUNK - 16;
  assert.equal((await medium.read(2 * CHUNK, 1)).length, 1);

  const shorter = new AgeMedium({ ...file, bytes: cut }, head, fileKey);
  await assert.rejects(shorter.read(CHUNK, 1), { code: 'MEDIA_INVALID' });
  const longer = new AgeMedium({ ...file, bytes: file.bytes + 100 }, head, fileKey);
  await assert.rejects(longer.read(2 * CHUNK, 1), { code: 'MEDIA_INVALID' });
  truncateSync(path, cut);
  await assert.rejects(medium.read(2 * CHUNK, 1), { code: 'MEDIA_INVALID' });
});
